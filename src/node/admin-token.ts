import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';

const TOKEN_BYTES = 32;

/** Writes a token for the methods of `admin`, new with every start; who can read the data directory may use it. */
export async function makeAdminToken(path: string): Promise<string> {
  const token = randomBytes(TOKEN_BYTES).toString('hex');
  await rm(path, { force: true });
  await writeFile(path, `${token}\n`, { mode: 0o600, flag: 'wx' });
  return token;
}
