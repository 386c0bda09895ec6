import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import * as z from 'zod';
import type { AccessToken } from '../rpc/callers.ts';
import { SCOPES, type Scope } from '../rpc/schema/method.ts';
import { dataDirPaths } from '../storage/data-dir.ts';
import { systemClock } from '../util/clock.ts';
import { errorCode, NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';

export type TokenFileErrorCode = 'BAD_TOKEN_FILE' | 'TOKEN_EXISTS' | 'TOKEN_NOT_FOUND' | 'TOO_MANY_TOKENS';

const TOKEN_BYTES = 32;
const OWNER_ONLY = 0o600;
const CHECK_INTERVAL_MS = 1000;

const TokenFileSchema = z.strictObject({
  tokens: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(64),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
        scopes: z.array(z.enum(SCOPES)).min(1),
      }),
    )
    .max(LIMITS.maxRpcTokens),
});

/**
 * The tokens of one node's RPC, with their names and scopes. The file holds hashes: whoever reads it cannot use it. A
 * running node sees changes within a second.
 */
export class TokenFile {
  readonly #path: string;
  readonly #monotonicMs: () => number;
  #tokens: readonly AccessToken[] = [];
  #version = '';
  #checkedMs = Number.NEGATIVE_INFINITY;

  constructor(path: string, monotonicMs: () => number) {
    this.#path = path;
    this.#monotonicMs = monotonicMs;
  }

  /** What counts now; nothing without a file. @throws NodeError BAD_TOKEN_FILE */
  tokens(): readonly AccessToken[] {
    const nowMs = this.#monotonicMs();
    if (nowMs - this.#checkedMs < CHECK_INTERVAL_MS) return this.#tokens;
    this.#checkedMs = nowMs;
    const version = versionOf(this.#path);
    if (version === this.#version) return this.#tokens;
    // Until the file is read as a whole, no token counts: one that was taken away must not.
    this.#tokens = [];
    this.#version = '';
    this.#tokens = version === undefined ? [] : readTokens(this.#path);
    this.#version = version ?? '';
    return this.#tokens;
  }

  /** Writes down a new token and returns its text, which nothing else remembers. */
  async create(name: string, scopes: readonly Scope[]): Promise<string> {
    const tokens = readTokens(this.#path);
    if (tokens.some((token) => token.name === name))
      throw fileError('TOKEN_EXISTS', `there is a token ${name}`, 'choose another name, or revoke it first');
    if (tokens.length >= LIMITS.maxRpcTokens)
      throw fileError('TOO_MANY_TOKENS', `a node has at most ${LIMITS.maxRpcTokens} tokens`, 'revoke one');
    const text = randomBytes(TOKEN_BYTES).toString('hex');
    await this.#write([...tokens, { name, sha256: hashToken(text), scopes }]);
    return text;
  }

  async revoke(name: string): Promise<void> {
    const tokens = readTokens(this.#path);
    const rest = tokens.filter((token) => token.name !== name);
    if (rest.length === tokens.length)
      throw fileError('TOKEN_NOT_FOUND', `there is no token ${name}`, 'metanode node token list shows all');
    await this.#write(rest);
  }

  async #write(tokens: readonly AccessToken[]): Promise<void> {
    const draft = `${this.#path}.new`;
    await writeFile(draft, `${JSON.stringify({ tokens }, null, 2)}\n`, { mode: OWNER_ONLY });
    await rename(draft, this.#path);
  }
}

/** The tokens of the node in a data directory. */
export function tokenFileIn(dataDir: string): TokenFile {
  return new TokenFile(dataDirPaths(dataDir).tokens, () => systemClock.monotonicMs());
}

/** SHA-256 of a token's text, hex. */
export function hashToken(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function versionOf(path: string): string | undefined {
  const entry = statSync(path, { throwIfNoEntry: false });
  return entry === undefined ? undefined : `${entry.mtimeMs} ${entry.size} ${entry.ino}`;
}

function readTokens(path: string): readonly AccessToken[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  const parsed = TokenFileSchema.safeParse(json);
  if (parsed.success) return parsed.data.tokens;
  throw fileError('BAD_TOKEN_FILE', `${path} is no file of tokens`, 'delete it, and make the tokens anew');
}

function fileError(code: TokenFileErrorCode, message: string, hint: string): NodeError<TokenFileErrorCode> {
  return new NodeError(code, message, { hint });
}
