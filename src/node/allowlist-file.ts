import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { peerIdFromString } from '@libp2p/peer-id';
import { type Document, isSeq, parseDocument } from 'yaml';
import * as z from 'zod';
import { addressFromText } from '../types/address.ts';
import { errorMessage, NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';

export type AllowlistErrorCode =
  | 'ALLOWLIST_UNREADABLE'
  | 'ALLOWLIST_MALFORMED'
  | 'ALLOWLIST_UNWRITABLE'
  | 'ALLOWLIST_ABSENT';

/** `nodes`: peer ids that may connect. `accounts`: `meta1…` addresses whose transactions the pool takes. */
export type AllowlistKind = 'nodes' | 'accounts';

const AllowlistSchema = z
  .strictObject({
    nodes: z
      .array(z.string().refine(isPeerId, 'not a peer id such as 12D3KooW…'))
      .max(LIMITS.maxKnownPeers)
      .optional(),
    accounts: z
      .array(z.string().refine(isAddress, 'not an address such as meta1…'))
      .max(LIMITS.maxAllowedAccounts)
      .optional(),
  })
  .refine(
    ({ nodes, accounts }) => nodes !== undefined || accounts !== undefined,
    'neither nodes nor accounts',
  );

/** The lists of a file in their text form. A list that is not there restricts nobody. */
export type Allowlist = Readonly<Partial<Record<AllowlistKind, readonly string[]>>>;

const HINT =
  'write it as YAML: a key `nodes` with a list of peer ids, one `- 12D3KooW…` a line, or `accounts` with addresses';

/** What a file says. @throws NodeError ALLOWLIST_UNREADABLE, ALLOWLIST_MALFORMED */
export async function readAllowlist(path: string): Promise<Allowlist> {
  return check(path, await load(path));
}

/**
 * Adds to a list of the file, or takes away from it, and writes the file anew at once and as a whole; comments and the
 * other list stay. Returns what it says then.
 * @throws NodeError ALLOWLIST_ABSENT where the file has no such list, or with another AllowlistErrorCode
 */
export async function editAllowlist(
  path: string,
  kind: AllowlistKind,
  { add = [], remove = [] }: { add?: readonly string[]; remove?: readonly string[] },
): Promise<Allowlist> {
  const document = await load(path);
  const before = check(path, document)[kind];
  const list = document.get(kind);
  if (before === undefined || !isSeq(list)) throw absentAllowlist(path, kind);
  for (const entry of remove) {
    const at = (list.toJSON() as string[]).indexOf(entry);
    if (at >= 0) list.delete(at);
  }
  for (const entry of new Set(add)) if (!before.includes(entry)) list.add(document.createNode(entry));
  const after = check(path, document);
  await write(path, document.toString());
  return after;
}

/** The list that was asked for is not there. */
export function absentAllowlist(
  path: string | undefined,
  kind: AllowlistKind,
): NodeError<AllowlistErrorCode> {
  return new NodeError('ALLOWLIST_ABSENT', `this node has no allow-list of ${kind}, so nobody is kept out`, {
    hint:
      path === undefined
        ? `start it with --allowlist FILE, a YAML file with a key \`${kind}\``
        : `put a key \`${kind}\` with a list into ${path}, then call perm_reloadPermissionsFromFile`,
  });
}

async function load(path: string): Promise<Document> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new NodeError<AllowlistErrorCode>(
      'ALLOWLIST_UNREADABLE',
      `cannot read ${path}: ${errorMessage(cause)}`,
      { cause },
    );
  });
  if (text.length > LIMITS.maxAllowlistFileBytes) throw malformed(path, 'larger than an allow-list can be');
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) throw malformed(path, error.message, error);
  return document;
}

function check(path: string, document: Document): Allowlist {
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    throw malformed(path, errorMessage(cause), cause);
  }
  const parsed = AllowlistSchema.safeParse(value);
  if (parsed.success) {
    const { nodes, accounts } = parsed.data;
    return { ...(nodes === undefined ? {} : { nodes }), ...(accounts === undefined ? {} : { accounts }) };
  }
  const [issue] = parsed.error.issues;
  throw malformed(path, `${issue?.path.join('.')}: ${issue?.message}`);
}

/** Beside the old file first: whoever reads meanwhile, or after the process died, finds one of the two. */
async function write(path: string, text: string): Promise<void> {
  const draft = `${path}.new`;
  try {
    await writeFile(draft, text, { mode: (await stat(path)).mode, flush: true });
    await rename(draft, path);
  } catch (cause) {
    throw new NodeError<AllowlistErrorCode>(
      'ALLOWLIST_UNWRITABLE',
      `cannot write ${path}: ${errorMessage(cause)}`,
      { hint: 'nothing was changed; let the user of the node write into that folder', cause },
    );
  }
}

function malformed(path: string, why: string, cause?: unknown): NodeError<AllowlistErrorCode> {
  return new NodeError('ALLOWLIST_MALFORMED', `${path}: ${why}`, { hint: HINT, cause });
}

function isPeerId(text: string): boolean {
  try {
    return peerIdFromString(text).toString() === text;
  } catch {
    return false;
  }
}

function isAddress(text: string): boolean {
  try {
    addressFromText(text);
    return true;
  } catch {
    return false;
  }
}
