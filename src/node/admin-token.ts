import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import type { AccessToken } from '../rpc/callers.ts';
import { SCOPES } from '../rpc/schema/method.ts';
import { hashToken } from './token-file.ts';

const TOKEN_BYTES = 32;

/** Writes a token for all methods, new with every start; who can read the data directory may use it. */
export async function makeAdminToken(path: string): Promise<AccessToken> {
  const token = randomBytes(TOKEN_BYTES).toString('hex');
  await rm(path, { force: true });
  await writeFile(path, `${token}\n`, { mode: 0o600, flag: 'wx' });
  return { name: 'admin', sha256: hashToken(token), scopes: SCOPES };
}
