import { readFile } from 'node:fs/promises';
import { peerIdFromString } from '@libp2p/peer-id';
import { parse } from 'yaml';
import { z } from 'zod';
import { errorMessage, NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';

export type AllowlistErrorCode = 'ALLOWLIST_UNREADABLE' | 'ALLOWLIST_MALFORMED';

const AllowlistSchema = z.strictObject({
  nodes: z.array(z.string().refine(isPeerId, 'not a peer id such as 12D3KooW…')).max(LIMITS.maxKnownPeers),
});

const HINT = 'write it as YAML: a key `nodes` with a list of peer ids, one `- 12D3KooW…` a line';

/**
 * The peer ids of an allow-list file, read once when a node starts.
 * @throws NodeError ALLOWLIST_UNREADABLE, ALLOWLIST_MALFORMED
 */
export async function readAllowlist(path: string): Promise<ReadonlySet<string>> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new NodeError<AllowlistErrorCode>(
      'ALLOWLIST_UNREADABLE',
      `cannot read ${path}: ${errorMessage(cause)}`,
      { cause },
    );
  });
  const malformed = (why: string, cause?: unknown) =>
    new NodeError<AllowlistErrorCode>('ALLOWLIST_MALFORMED', `${path}: ${why}`, { hint: HINT, cause });
  if (text.length > LIMITS.maxAllowlistFileBytes) throw malformed('larger than an allow-list can be');
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch (cause) {
    throw malformed(errorMessage(cause), cause);
  }
  const parsed = AllowlistSchema.safeParse(value);
  if (parsed.success) return new Set(parsed.data.nodes);
  const [issue] = parsed.error.issues;
  throw malformed(`${issue?.path.join('.')}: ${issue?.message}`);
}

function isPeerId(text: string): boolean {
  try {
    return peerIdFromString(text).toString() === text;
  } catch {
    return false;
  }
}
