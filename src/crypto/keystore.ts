/**
 * Key files: one secret seed per JSON file, encrypted under a password with scrypt (RFC 7914) and AES-256-GCM. What a
 * reader may know without the password (kind, public key, address) stands in the clear, bound to the secret as
 * authenticated data. The plain form without a password exists for test networks and is never read by accident.
 */
import { link, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { derivePublicKey, randomBytes } from '#backend';
import { fromHex, isHex, toHex, utf8 } from '../util/bytes.ts';
import { errorCode, NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import { PUBLIC_KEY_BYTES, SEED_BYTES } from './ed25519.ts';
import {
  areSaneScryptParameters,
  DEFAULT_SCRYPT,
  NONCE_BYTES,
  openSecret,
  SALT_BYTES,
  type ScryptParameters,
  sealSecret,
  TAG_BYTES,
} from './password-box.ts';

export const KEY_KINDS = ['account', 'validator', 'vrf', 'node'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

export type KeystoreErrorCode =
  | 'KEY_FILE_MALFORMED'
  | 'KEY_FILE_EXISTS'
  | 'KEY_FILE_NOT_FOUND'
  | 'INSECURE_KEY_FILE'
  | 'PASSWORD_REQUIRED'
  | 'WRONG_PASSWORD';

export interface StoredKey {
  readonly kind: KeyKind;
  /** Lowercase hex, 32 bytes. */
  readonly publicKey: string;
  /** Text form of the account's address (or the peer id of a node key); '' where there is none. */
  readonly address: string;
  /** The 32 secret bytes. */
  readonly seed: Uint8Array;
}

interface KeyFileHeader {
  readonly version: 1;
  readonly kind: KeyKind;
  readonly publicKey: string;
  readonly address: string;
}

interface EncryptedSeed extends ScryptParameters {
  readonly kdf: 'scrypt';
  readonly cipher: 'aes-256-gcm';
  readonly salt: string;
  readonly nonce: string;
  readonly ciphertext: string;
  readonly tag: string;
}

/** The object that a key file holds as JSON. */
export type KeyFile = KeyFileHeader &
  ({ readonly encrypted: EncryptedSeed } | { readonly insecure: true; readonly seed: string });

export interface DecryptOptions {
  readonly password?: string | undefined;
  /** Accept the plain form. */
  readonly insecure?: boolean;
}

function malformed(reason: string, cause?: unknown): NodeError<KeystoreErrorCode> {
  return new NodeError<KeystoreErrorCode>('KEY_FILE_MALFORMED', `malformed key file: ${reason}`, {
    hint: 'restore the key file from a backup',
    cause,
  });
}

/** What the tag covers besides the seed: everything else that a reader acts on. */
function authenticatedData(header: KeyFileHeader, salt: string, { n, r, p }: ScryptParameters): Uint8Array {
  const { version, kind, publicKey, address } = header;
  return utf8(JSON.stringify([version, kind, publicKey, address, 'scrypt', n, r, p, salt, 'aes-256-gcm']));
}

function headerOf({ kind, publicKey, address }: StoredKey): KeyFileHeader {
  return { version: 1, kind, publicKey, address };
}

/**
 * Encrypts a key under a password.
 * @throws NodeError PASSWORD_REQUIRED for an empty password
 */
export async function encryptKeyFile(
  key: StoredKey,
  password: string,
  parameters: ScryptParameters = DEFAULT_SCRYPT,
): Promise<KeyFile> {
  if (password === '') throw passwordRequired();
  const { n, r, p } = parameters;
  const header = headerOf(key);
  const box = await sealSecret(key.seed, password, parameters, (salt) =>
    authenticatedData(header, toHex(salt), parameters),
  );
  const encrypted = {
    kdf: 'scrypt',
    n,
    r,
    p,
    salt: toHex(box.salt),
    cipher: 'aes-256-gcm',
    nonce: toHex(box.nonce),
    ciphertext: toHex(box.ciphertext),
    tag: toHex(box.tag),
  };
  return { ...header, encrypted } as KeyFile;
}

/** The plain form: whoever reads the file has the key. For test networks only. */
export function insecureKeyFile(key: StoredKey): KeyFile {
  return { ...headerOf(key), insecure: true, seed: toHex(key.seed) };
}

function passwordRequired(): NodeError<KeystoreErrorCode> {
  return new NodeError<KeystoreErrorCode>('PASSWORD_REQUIRED', 'this key file needs a password', {
    hint: 'give the password of the key file',
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isHexText(value: unknown, byteLength: number): value is string {
  return typeof value === 'string' && isHex(value, byteLength);
}

function parseEncrypted(value: unknown): EncryptedSeed {
  if (!isObject(value)) throw malformed('no encrypted seed');
  if (value.kdf !== 'scrypt' || value.cipher !== 'aes-256-gcm') throw malformed('unknown kdf or cipher');
  if (!isHexText(value.salt, SALT_BYTES) || !isHexText(value.nonce, NONCE_BYTES))
    throw malformed('salt or nonce');
  if (!isHexText(value.ciphertext, SEED_BYTES) || !isHexText(value.tag, TAG_BYTES))
    throw malformed('ciphertext or tag');
  const encrypted = value as unknown as EncryptedSeed;
  if (!areSaneScryptParameters(encrypted)) throw malformed('scrypt parameters out of bounds');
  return encrypted;
}

/** Checks the shape of untrusted JSON. */
function parseKeyFile(json: unknown): KeyFile {
  if (!isObject(json) || json.version !== 1) throw malformed('unknown version');
  const { kind, publicKey, address } = json;
  if (!KEY_KINDS.includes(kind as KeyKind)) throw malformed('unknown kind of key');
  if (!isHexText(publicKey, PUBLIC_KEY_BYTES)) throw malformed('public key');
  if (typeof address !== 'string' || address.length > 128) throw malformed('address');
  const header = { version: 1, kind: kind as KeyKind, publicKey, address } as const;
  if (json.insecure === true) {
    if (!isHexText(json.seed, SEED_BYTES)) throw malformed('seed');
    return { ...header, insecure: true, seed: json.seed };
  }
  return { ...header, encrypted: parseEncrypted(json.encrypted) };
}

async function decryptSeed(
  header: KeyFileHeader,
  encrypted: EncryptedSeed,
  password: string,
): Promise<Uint8Array> {
  const { salt, nonce, ciphertext, tag } = encrypted;
  const box = {
    salt: fromHex(salt),
    nonce: fromHex(nonce),
    ciphertext: fromHex(ciphertext),
    tag: fromHex(tag),
  };
  try {
    return await openSecret(box, password, encrypted, authenticatedData(header, salt, encrypted));
  } catch (cause) {
    throw new NodeError<KeystoreErrorCode>('WRONG_PASSWORD', 'wrong password, or the key file was changed', {
      data: { kind: header.kind, publicKey: header.publicKey },
      hint: 'check the password; if it is right, restore the key file from a backup',
      cause,
    });
  }
}

/**
 * Reads the key out of the object that a key file holds.
 * @throws NodeError with a KeystoreErrorCode
 */
export async function decryptKeyFile(json: unknown, options: DecryptOptions): Promise<StoredKey> {
  const file = parseKeyFile(json);
  const { kind, publicKey, address } = file;
  let seed: Uint8Array;
  if ('insecure' in file) {
    if (options.insecure !== true)
      throw insecure('it holds its key in the clear', 'accept insecure key files, or encrypt it');
    seed = fromHex(file.seed);
  } else {
    if (options.password === undefined || options.password === '') throw passwordRequired();
    seed = await decryptSeed(file, file.encrypted, options.password);
  }
  if (toHex(derivePublicKey(seed)) !== publicKey) throw malformed('the public key is not that of the seed');
  return { kind, publicKey, address, seed };
}

function insecure(reason: string, hint: string): NodeError<KeystoreErrorCode> {
  return new NodeError<KeystoreErrorCode>('INSECURE_KEY_FILE', `insecure key file: ${reason}`, { hint });
}

/**
 * Writes a key file that only its owner may read. It is complete on disk before it has its name, and an existing file
 * is never overwritten, because it may be the only copy of a key.
 * @throws NodeError KEY_FILE_EXISTS
 */
export async function saveKeyFile(path: string, file: KeyFile): Promise<void> {
  try {
    await writeKeyFile(path, file, (temporary) => link(temporary, path)); // unlike rename, fails if the name is taken
  } catch (cause) {
    if (errorCode(cause) !== 'EEXIST') throw cause;
    throw new NodeError<KeystoreErrorCode>('KEY_FILE_EXISTS', `there is already a key file at ${path}`, {
      data: { path },
      hint: 'choose another name, or move the old file away',
      cause,
    });
  }
}

/**
 * Puts a key file in the place of another one of the same key. At any moment one of the two is there, complete.
 * @throws NodeError KEY_FILE_NOT_FOUND, KEY_FILE_MALFORMED if the old one is of another key
 */
export async function replaceKeyFile(path: string, file: KeyFile): Promise<void> {
  if ((await describeKeyFile(path)).publicKey !== file.publicKey)
    throw malformed('it is of another key than the one that is to take its place');
  await writeKeyFile(path, file, (temporary) => rename(temporary, path));
}

async function writeKeyFile(
  path: string,
  file: KeyFile,
  place: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${toHex(randomBytes(8))}.tmp`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    try {
      await handle.writeFile(`${JSON.stringify(file, undefined, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await place(temporary);
    await syncDirectoryOf(path); // the chain may name this key a moment later, and no power failure may take it away
  } finally {
    await rm(temporary, { force: true });
  }
}

async function syncDirectoryOf(path: string): Promise<void> {
  if (process.platform === 'win32') return; // cannot open directories
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Reads at most `limit` bytes: the size may change between a look and the reading, so the reading itself is bounded. */
async function readBounded(path: string, limit: number): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(limit + 1);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    if (bytesRead > limit) throw malformed(`more than ${limit} bytes`);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function readKeyJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readBounded(path, LIMITS.maxKeyFileBytes);
  } catch (cause) {
    if (errorCode(cause) !== 'ENOENT') throw cause;
    throw new NodeError<KeystoreErrorCode>('KEY_FILE_NOT_FOUND', `no key file at ${path}`, {
      data: { path },
      cause,
    });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw malformed('not JSON', cause);
  }
}

/**
 * What a key file says of itself without its password. That it is true shows only when the key is loaded.
 * @throws NodeError KEY_FILE_NOT_FOUND, KEY_FILE_MALFORMED
 */
export async function describeKeyFile(path: string): Promise<Omit<StoredKey, 'seed'>> {
  const { kind, publicKey, address } = parseKeyFile(await readKeyJson(path));
  return { kind, publicKey, address };
}

/**
 * Loads and decrypts a key file. A plain one must also be closed to other users of the machine.
 * @throws NodeError with a KeystoreErrorCode
 */
export async function loadKeyFile(path: string, options: DecryptOptions): Promise<StoredKey> {
  const json = await readKeyJson(path);
  const key = await decryptKeyFile(json, options);
  const isPlain = (json as { insecure?: unknown }).insecure === true;
  if (isPlain && process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0)
    throw insecure('other users may read it', `chmod 600 ${path}`);
  return key;
}
