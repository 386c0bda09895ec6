import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyPairFromSeed } from '../../../src/crypto/ed25519.ts';
import {
  decryptKeyFile,
  encryptKeyFile,
  insecureKeyFile,
  KEY_KINDS,
  type KeyFile,
  loadKeyFile,
  replaceKeyFile,
  type StoredKey,
  saveKeyFile,
} from '../../../src/crypto/keystore.ts';
import { DEFAULT_SCRYPT } from '../../../src/crypto/password-box.ts';
import { LIMITS } from '../../../src/util/limits.ts';

/** Cheap, so that the tests are not about scrypt. */
const QUICK = { n: 1024, r: 1, p: 1 };
const PASSWORD = 'correct horse battery staple';

const seed = new Uint8Array(32).fill(42);
const KEY: StoredKey = {
  kind: 'validator',
  publicKey: keyPairFromSeed(seed).publicKey,
  address: 'meta1abc',
  seed,
};

/** A JSON copy of a key file with one field replaced, given by its path. */
function changed(file: KeyFile, path: readonly string[], value: unknown): unknown {
  const copy = JSON.parse(JSON.stringify(file));
  let target = copy;
  for (const part of path.slice(0, -1)) target = target[part];
  target[path.at(-1) as string] = value;
  return copy;
}

function flipFirstDigit(hex: string): string {
  return (hex.startsWith('0') ? '1' : '0') + hex.slice(1);
}

describe('key files', () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'metanode-keys-'));
    path = join(directory, 'key.json');
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  for (const kind of KEY_KINDS)
    it(`come back from disk with the password: ${kind}`, async () => {
      const key = { ...KEY, kind };
      await saveKeyFile(path, await encryptKeyFile(key, PASSWORD, QUICK));
      assert.deepEqual(await loadKeyFile(path, { password: PASSWORD }), key);
      assert.doesNotMatch(readFileSync(path, 'utf8'), /2a2a2a2a/, 'the seed stands in the file');
    });

  it('use scrypt with 128 MiB unless told otherwise', async () => {
    const file = await encryptKeyFile(KEY, PASSWORD);
    assert.ok('encrypted' in file);
    const { n, r, p } = file.encrypted;
    assert.deepEqual({ n, r, p }, DEFAULT_SCRYPT);
    assert.equal(128 * n * r, 128 * 1024 * 1024);
  });

  it('never use a salt or nonce twice', async () => {
    const a = await encryptKeyFile(KEY, PASSWORD, QUICK);
    const b = await encryptKeyFile(KEY, PASSWORD, QUICK);
    assert.ok('encrypted' in a && 'encrypted' in b);
    assert.notEqual(a.encrypted.salt, b.encrypted.salt);
    assert.notEqual(a.encrypted.nonce, b.encrypted.nonce);
  });

  it('treat one password typed in two Unicode forms as one', async () => {
    const file = await encryptKeyFile(KEY, 'Zu\u0308rich', QUICK);
    assert.deepEqual(await decryptKeyFile(file, { password: 'Z\u00fcrich' }), KEY);
  });

  it('refuse a wrong password, none, and an empty one', async () => {
    const file = await encryptKeyFile(KEY, PASSWORD, QUICK);
    await assert.rejects(decryptKeyFile(file, { password: 'wrong' }), { code: 'WRONG_PASSWORD' });
    await assert.rejects(decryptKeyFile(file, {}), { code: 'PASSWORD_REQUIRED' });
    await assert.rejects(decryptKeyFile(file, { password: '' }), { code: 'PASSWORD_REQUIRED' });
    await assert.rejects(encryptKeyFile(KEY, '', QUICK), { code: 'PASSWORD_REQUIRED' });
  });

  it('notice a change of anything that a reader acts on', async () => {
    const file = await encryptKeyFile(KEY, PASSWORD, QUICK);
    assert.ok('encrypted' in file);
    const { salt, nonce, ciphertext, tag } = file.encrypted;
    const changes: [string[], unknown][] = [
      [['kind'], 'account'],
      [['publicKey'], keyPairFromSeed(new Uint8Array(32)).publicKey],
      [['address'], 'meta1abd'],
      [['encrypted', 'n'], 2048],
      [['encrypted', 'r'], 2],
      [['encrypted', 'p'], 2],
      [['encrypted', 'salt'], flipFirstDigit(salt)],
      [['encrypted', 'nonce'], flipFirstDigit(nonce)],
      [['encrypted', 'ciphertext'], flipFirstDigit(ciphertext)],
      [['encrypted', 'tag'], flipFirstDigit(tag)],
    ];
    for (const [field, value] of changes)
      await assert.rejects(
        decryptKeyFile(changed(file, field, value), { password: PASSWORD }),
        { code: 'WRONG_PASSWORD' },
        field.join('.'),
      );
  });

  it('refuse scrypt parameters that would exhaust memory or time, before they derive anything', async () => {
    const file = await encryptKeyFile(KEY, PASSWORD, QUICK);
    const hostile: [string, unknown][] = [
      ['n', 2 ** 30],
      ['n', 1000],
      ['n', 2],
      ['n', '1024'],
      ['n', null],
      ['r', 2 ** 20],
      ['r', 0],
      ['p', 1e9],
      ['p', 1.5],
    ];
    for (const [name, value] of hostile)
      await assert.rejects(
        decryptKeyFile(changed(file, ['encrypted', name], value), { password: PASSWORD }),
        { code: 'KEY_FILE_MALFORMED' },
        `${name} = ${value}`,
      );
    await assert.rejects(encryptKeyFile(KEY, PASSWORD, { n: 2 ** 22, r: 8, p: 1 }), RangeError);
  });

  it('refuse malformed objects', async () => {
    const file = await encryptKeyFile(KEY, PASSWORD, QUICK);
    const malformed: unknown[] = [
      undefined,
      null,
      [],
      'text',
      {},
      changed(file, ['version'], 2),
      changed(file, ['kind'], 'master'),
      changed(file, ['publicKey'], 'zz'),
      changed(file, ['address'], 7),
      changed(file, ['encrypted'], undefined),
      changed(file, ['encrypted', 'kdf'], 'pbkdf2'),
      changed(file, ['encrypted', 'cipher'], 'aes-128-cbc'),
      changed(file, ['encrypted', 'tag'], 'aabb'),
      changed(file, ['encrypted', 'ciphertext'], '00'.repeat(31)),
    ];
    for (const json of malformed)
      await assert.rejects(decryptKeyFile(json, { password: PASSWORD }), { code: 'KEY_FILE_MALFORMED' });
  });

  it('are read in the plain form only if asked for, and only if the seed is that of the key', async () => {
    const file = insecureKeyFile(KEY);
    await assert.rejects(decryptKeyFile(file, { password: PASSWORD }), { code: 'INSECURE_KEY_FILE' });
    assert.deepEqual(await decryptKeyFile(file, { insecure: true }), KEY);
    const other = changed(file, ['seed'], '00'.repeat(32));
    await assert.rejects(decryptKeyFile(other, { insecure: true }), { code: 'KEY_FILE_MALFORMED' });
  });

  it('are refused in the plain form if other users may read them', async () => {
    writeFileSync(path, JSON.stringify(insecureKeyFile(KEY)), { mode: 0o644 });
    await assert.rejects(loadKeyFile(path, { insecure: true }), { code: 'INSECURE_KEY_FILE' });
  });

  it('belong to their owner only, and are never overwritten', async () => {
    await saveKeyFile(path, insecureKeyFile(KEY));
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const before = readFileSync(path, 'utf8');
    const other = {
      ...KEY,
      publicKey: keyPairFromSeed(new Uint8Array(32)).publicKey,
      seed: new Uint8Array(32),
    };
    await assert.rejects(saveKeyFile(path, insecureKeyFile(other)), { code: 'KEY_FILE_EXISTS' });
    assert.equal(readFileSync(path, 'utf8'), before);
    assert.deepEqual(readdirSync(directory), ['key.json'], 'a temporary file is left');
  });

  it('are replaced only by a file of the same key, whole', async () => {
    await saveKeyFile(path, insecureKeyFile(KEY));
    await replaceKeyFile(path, await encryptKeyFile(KEY, PASSWORD, QUICK));
    assert.deepEqual(await loadKeyFile(path, { password: PASSWORD }), KEY);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const before = readFileSync(path, 'utf8');
    const otherSeed = new Uint8Array(32);
    const other = { ...KEY, publicKey: keyPairFromSeed(otherSeed).publicKey, seed: otherSeed };
    await assert.rejects(replaceKeyFile(path, insecureKeyFile(other)), { code: 'KEY_FILE_MALFORMED' });
    const absent = join(directory, 'absent.json');
    await assert.rejects(replaceKeyFile(absent, insecureKeyFile(KEY)), { code: 'KEY_FILE_NOT_FOUND' });
    assert.equal(readFileSync(path, 'utf8'), before);
    assert.deepEqual(readdirSync(directory), ['key.json'], 'a temporary file is left');
  });

  it('are refused when missing, too large or no JSON', async () => {
    await assert.rejects(loadKeyFile(path, { insecure: true }), { code: 'KEY_FILE_NOT_FOUND' });
    writeFileSync(path, '{"version":');
    await assert.rejects(loadKeyFile(path, { insecure: true }), { code: 'KEY_FILE_MALFORMED' });
    writeFileSync(path, JSON.stringify(insecureKeyFile(KEY)) + ' '.repeat(LIMITS.maxKeyFileBytes));
    await assert.rejects(loadKeyFile(path, { insecure: true }), { code: 'KEY_FILE_MALFORMED' });
  });
});
