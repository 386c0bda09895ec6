import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type KeyPair, keyPairFromSeed } from '../crypto/ed25519.ts';
import {
  decryptKeyFile,
  encryptKeyFile,
  insecureKeyFile,
  type KeyKind,
  loadKeyFile,
  replaceKeyFile,
  type StoredKey,
  saveKeyFile,
} from '../crypto/keystore.ts';
import { addressOf, addressToText } from '../types/address.ts';
import { SCHEME_ED25519 } from '../types/transaction.ts';
import { fromHex } from '../util/bytes.ts';
import { errorCode } from '../util/errors.ts';
import type { CliContext } from './context.ts';
import { usageError } from './exit-code.ts';
import { obtainPassword } from './password.ts';

export interface KeyAccess {
  passwordFile?: string;
  insecureKeys?: boolean;
}

export interface KeyEntry {
  readonly name: string;
  readonly type: string;
  readonly publicKey: string;
  readonly address: string;
  readonly encrypted: boolean;
}

/** The named key files of a person, in `<data-dir>/keys`. */
export class KeyDirectory {
  readonly #context: CliContext;
  readonly #path: string;

  constructor(context: CliContext) {
    this.#context = context;
    this.#path = join(context.dataDir, 'keys');
  }

  #fileOf(name: string): string {
    if (!/^[\w-]{1,64}$/.test(name))
      throw usageError(`not a name for a key: ${name}`, 'letters, digits, - and _');
    return join(this.#path, `${name}.json`);
  }

  /** `owner` is the account in text form that a key of a validator belongs to; that of an account is its own. */
  async save(name: string, type: KeyKind, seed: Uint8Array, access: KeyAccess, owner = '') {
    const path = this.#fileOf(name);
    const { publicKey } = keyPairFromSeed(seed);
    const address = type === 'account' ? addressToText(addressOf(SCHEME_ED25519, fromHex(publicKey))) : owner;
    const key: StoredKey = { kind: type, publicKey, address, seed };
    const file =
      access.insecureKeys === true
        ? insecureKeyFile(key)
        : await encryptKeyFile(
            key,
            await obtainPassword(this.#context.process, access.passwordFile, 'New password: '),
          );
    await mkdir(this.#path, { recursive: true, mode: 0o700 });
    await saveKeyFile(path, file);
    return { publicKey, address, path };
  }

  /** Encrypts the file of a key under another password, or under one at all. Returns its path. */
  async changePassword(
    name: string,
    access: KeyAccess,
    newPasswordFile: string | undefined,
  ): Promise<string> {
    const path = this.#pathOf(name);
    const key = await this.load(name, access);
    const password = await obtainPassword(this.#context.process, newPasswordFile, 'New password: ');
    await replaceKeyFile(path, await encryptKeyFile(key, password));
    return path;
  }

  #pathOf(name: string): string {
    return /[/.]/.test(name) ? name : this.#fileOf(name);
  }

  /** The key called `name`, or in the file that `name` is the path of. */
  async load(name: string, access: KeyAccess): Promise<StoredKey> {
    const path = this.#pathOf(name);
    const insecure = access.insecureKeys === true;
    if (access.passwordFile !== undefined || insecure)
      return await loadKeyFile(path, {
        insecure,
        ...(access.passwordFile === undefined
          ? {}
          : { password: await obtainPassword(this.#context.process, access.passwordFile, '') }),
      });
    try {
      return await loadKeyFile(path, { insecure: false });
    } catch (error) {
      if (errorCode(error) !== 'PASSWORD_REQUIRED') throw error;
      const password = await obtainPassword(this.#context.process, undefined, `Password of ${name}: `);
      return await decryptKeyFile(JSON.parse(await readFile(path, 'utf8')), { password, insecure: false });
    }
  }

  async loadKeyPair(name: string, access: KeyAccess): Promise<KeyPair> {
    return keyPairFromSeed((await this.load(name, access)).seed);
  }

  /** One after the other, because each may ask for its password. */
  async loadKeyPairs(names: readonly string[], access: KeyAccess): Promise<KeyPair[]> {
    const pairs: KeyPair[] = [];
    for (const name of names) pairs.push(await this.loadKeyPair(name, access));
    return pairs;
  }

  async list(): Promise<KeyEntry[]> {
    const files = await readdir(this.#path).catch(() => []);
    const entries: KeyEntry[] = [];
    for (const file of files.filter((name) => name.endsWith('.json')).sort()) {
      const json = JSON.parse(await readFile(join(this.#path, file), 'utf8')) as Record<string, unknown>;
      entries.push({
        name: file.slice(0, -'.json'.length),
        type: String(json.kind),
        publicKey: String(json.publicKey),
        address: String(json.address ?? ''),
        encrypted: json.encrypted !== undefined,
      });
    }
    return entries;
  }
}
