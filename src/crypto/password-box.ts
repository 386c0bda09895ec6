/**
 * Secrets under a password: scrypt (RFC 7914) derives a key from it, AES-256-GCM (NIST SP 800-38D) encrypts, and what
 * stands beside the secret in the clear is bound to it as authenticated data.
 */
import { createCipheriv, createDecipheriv, scrypt } from 'node:crypto';
import { randomBytes } from '#backend';
import { utf8 } from '../util/bytes.ts';
import { LIMITS } from '../util/limits.ts';

export const SALT_BYTES = 32;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

export interface ScryptParameters {
  /** Cost, a power of two. */
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

/** 128 MiB and a few tenths of a second per guess. */
export const DEFAULT_SCRYPT: ScryptParameters = { n: 2 ** 17, r: 8, p: 1 };

/** A secret under a password. */
export interface PasswordBox {
  /** `SALT_BYTES`. */
  readonly salt: Uint8Array;
  /** `NONCE_BYTES`. */
  readonly nonce: Uint8Array;
  /** As long as the secret. */
  readonly ciphertext: Uint8Array;
  /** `TAG_BYTES`. */
  readonly tag: Uint8Array;
}

function memoryOf({ n, r }: ScryptParameters): number {
  return 128 * n * r;
}

/** The bounds keep a hostile file from exhausting memory or time, and a careless one from being guessed. */
export function areSaneScryptParameters({ n, r, p }: ScryptParameters): boolean {
  if (![n, r, p].every((value) => Number.isSafeInteger(value) && value >= 1)) return false;
  if (n < 2 ** 10 || n > 2 ** 22 || (n & (n - 1)) !== 0) return false;
  return r <= 32 && p <= 4 && memoryOf({ n, r, p }) <= LIMITS.maxKeyDerivationBytes;
}

function deriveKey(password: string, salt: Uint8Array, parameters: ScryptParameters): Promise<Buffer> {
  const { n, r, p } = parameters;
  // NFKC, so that one password typed on two keyboards is one password.
  const secret = utf8(password.normalize('NFKC'));
  const maxmem = memoryOf(parameters) + 128 * r * p + 1024 * 1024;
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, 32, { N: n, r, p, maxmem }, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

/** Encrypts a secret. `authenticate` gives what the tag covers besides, for a salt. Throws RangeError for insane parameters. */
export async function sealSecret(
  secret: Uint8Array,
  password: string,
  parameters: ScryptParameters,
  authenticate: (salt: Uint8Array) => Uint8Array,
): Promise<PasswordBox> {
  if (!areSaneScryptParameters(parameters)) throw new RangeError('scrypt parameters out of bounds');
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', await deriveKey(password, salt, parameters), nonce);
  cipher.setAAD(authenticate(salt));
  const ciphertext = Uint8Array.from(Buffer.concat([cipher.update(secret), cipher.final()]));
  return { salt, nonce, ciphertext, tag: Uint8Array.from(cipher.getAuthTag()) };
}

/** The secret; throws what the cipher throws where password, box or authenticated data are not those of the sealing. */
export async function openSecret(
  { salt, nonce, ciphertext, tag }: PasswordBox,
  password: string,
  parameters: ScryptParameters,
  authenticated: Uint8Array,
): Promise<Uint8Array> {
  const key = await deriveKey(password, salt, parameters);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(authenticated);
  decipher.setAuthTag(tag);
  return Uint8Array.from(Buffer.concat([decipher.update(ciphertext), decipher.final()]));
}
