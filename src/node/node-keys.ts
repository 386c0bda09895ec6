import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlockProducer } from '../chain/build-block.ts';
import { generateKeyPair, type KeyPair, keyPairFromSeed } from '../crypto/ed25519.ts';
import {
  type DecryptOptions,
  describeKeyFile,
  encryptKeyFile,
  insecureKeyFile,
  type KeyKind,
  loadKeyFile,
  saveKeyFile,
} from '../crypto/keystore.ts';
import { vrfKeyPairFromSeed } from '../crypto/vrf.ts';
import type { DataDirPaths } from '../storage/data-dir.ts';
import { addressFromText, addressOf, addressToText } from '../types/address.ts';
import type { Address } from '../types/ssz-bytes.ts';
import { SCHEME_ED25519 } from '../types/transaction.ts';
import type { Validator } from '../types/validator.ts';
import { fromHex } from '../util/bytes.ts';
import { NodeError } from '../util/errors.ts';
import type { NodeOptions } from './options.ts';
import { readPasswordFile } from './password-file.ts';

export type NodeKeysErrorCode = 'VALIDATOR_KEY_MISSING' | 'ACCOUNT_KEY_MISSING';

/** The secrets that a node works with. Without `validator` it only follows the chain. */
export interface NodeKeys {
  readonly nodeSeed: Uint8Array;
  readonly validator: BlockProducer | undefined;
}

/**
 * Loads the key files of a data directory as the options of the node say.
 * @throws NodeError with a KeystoreErrorCode
 */
export async function loadNodeKeys(
  paths: DataDirPaths,
  options: Pick<NodeOptions, 'keyPasswordFile' | 'insecureKeys'>,
): Promise<NodeKeys> {
  return await readNodeKeys(paths, await decryptOptions(options));
}

/** The password is read anew each time, so that no node keeps it in memory. */
async function decryptOptions({
  keyPasswordFile,
  insecureKeys: insecure,
}: Pick<NodeOptions, 'keyPasswordFile' | 'insecureKeys'>): Promise<DecryptOptions> {
  return keyPasswordFile === undefined
    ? { insecure }
    : { insecure, password: await readPasswordFile(keyPasswordFile) };
}

/**
 * The secrets behind the public keys that the chain names for a validator, from whichever files in the folder of keys
 * hold them: their names do not matter.
 * @throws NodeError VALIDATOR_KEY_MISSING, or with a KeystoreErrorCode
 */
export async function findValidatorKeys(
  paths: DataDirPaths,
  options: Pick<NodeOptions, 'keyPasswordFile' | 'insecureKeys'>,
  { id, consensusKey, vrfKey }: Validator,
): Promise<BlockProducer> {
  const consensusFile = await findKeyFile(paths.keys, 'validator', consensusKey);
  const vrfFile = await findKeyFile(paths.keys, 'vrf', vrfKey);
  const decrypt = await decryptOptions(options);
  const consensus = await loadKeyFile(consensusFile, decrypt);
  const vrf = await loadKeyFile(vrfFile, decrypt);
  return {
    id,
    consensusKey: keyPairFromSeed(consensus.seed),
    vrfKey: vrfKeyPairFromSeed(vrf.seed),
  };
}

async function findKeyFile(folder: string, kind: KeyKind, publicKey: string): Promise<string> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.json')) continue;
    const path = join(folder, name);
    // A file that is no key file is none of those that are looked for.
    const described = await describeKeyFile(path).catch(() => undefined);
    if (described?.kind === kind && described.publicKey === publicKey) return path;
  }
  throw new NodeError<NodeKeysErrorCode>(
    'VALIDATOR_KEY_MISSING',
    `no ${kind} key ${publicKey} in ${folder}`,
    {
      data: { kind, publicKey, folder },
      hint: 'bring its key file there, or rotate to keys that are there with `metanode keys rotate`',
    },
  );
}

/**
 * The validator's id stands in its key file as the address: it is the account that joined, and stays when the keys
 * are rotated.
 * @throws NodeError with a KeystoreErrorCode
 */
export async function readNodeKeys(paths: DataDirPaths, decrypt: DecryptOptions): Promise<NodeKeys> {
  const { seed: nodeSeed } = await loadKeyFile(paths.nodeKey, decrypt);
  if (!existsSync(paths.validatorKey)) return { nodeSeed, validator: undefined };
  const consensus = await loadKeyFile(paths.validatorKey, decrypt);
  const vrf = await loadKeyFile(paths.vrfKey, decrypt);
  return {
    nodeSeed,
    validator: {
      id: addressFromText(consensus.address),
      consensusKey: keyPairFromSeed(consensus.seed),
      vrfKey: vrfKeyPairFromSeed(vrf.seed),
    },
  };
}

/**
 * The key of the account behind the validator's id, which signs its votes on members.
 * @throws NodeError ACCOUNT_KEY_MISSING, or with a KeystoreErrorCode
 */
export async function loadAccountKey(
  paths: DataDirPaths,
  validator: Address,
  options: Pick<NodeOptions, 'keyPasswordFile' | 'insecureKeys'>,
): Promise<KeyPair> {
  const key = existsSync(paths.accountKey)
    ? keyPairFromSeed((await loadKeyFile(paths.accountKey, await decryptOptions(options))).seed)
    : undefined;
  if (key !== undefined && addressOf(SCHEME_ED25519, fromHex(key.publicKey)) === validator) return key;
  throw new NodeError<NodeKeysErrorCode>(
    'ACCOUNT_KEY_MISSING',
    'this node does not hold the key of the account behind its validator',
    {
      data: { validator },
      hint: `vote where it is: metanode bpci vote <account> <admit or remove> --from <key>; or put it at ${paths.accountKey}`,
    },
  );
}

/** Keys that someone else made, for example for a genesis that names them already. */
export interface GivenValidatorKeys {
  readonly id: Address;
  /** Of the account behind the id, if the node shall hold it: it then can vote on members. */
  readonly accountSeed?: Uint8Array;
  readonly consensusSeed: Uint8Array;
  readonly vrfSeed: Uint8Array;
}

export interface MakeKeysOptions {
  readonly nodeSeed?: Uint8Array;
  /** `new` makes an account, a consensus key and a VRF key; undefined makes none, for an observer. */
  readonly validator?: 'new' | GivenValidatorKeys;
  /** Encrypts the key files; undefined writes them in the clear, for test networks. */
  readonly password: string | undefined;
}

/**
 * Makes the key files of a new node.
 * @throws NodeError KEY_FILE_EXISTS: a key file is never overwritten
 */
export async function makeNodeKeys(paths: DataDirPaths, options: MakeKeysOptions): Promise<NodeKeys> {
  await mkdir(paths.keys, { recursive: true, mode: 0o700 });
  const save = async (
    path: string,
    kind: KeyKind,
    key: { readonly seed: Uint8Array; readonly publicKey: string },
    address: string,
  ) => {
    const stored = { kind, publicKey: key.publicKey, address, seed: key.seed };
    const file =
      options.password === undefined
        ? insecureKeyFile(stored)
        : await encryptKeyFile(stored, options.password);
    await saveKeyFile(path, file);
  };
  const node = keyOf(options.nodeSeed);
  await save(paths.nodeKey, 'node', node, '');
  if (options.validator === undefined) return { nodeSeed: node.seed, validator: undefined };
  const given = options.validator === 'new' ? undefined : options.validator;
  const account =
    given === undefined || given.accountSeed !== undefined ? keyOf(given?.accountSeed) : undefined;
  const id = given?.id ?? addressOf(SCHEME_ED25519, fromHex((account as KeyPair).publicKey));
  if (account !== undefined) await save(paths.accountKey, 'account', account, addressToText(id));
  const consensusKey = keyOf(given?.consensusSeed);
  const vrfSeed = given?.vrfSeed ?? generateKeyPair().seed;
  const vrfKey = vrfKeyPairFromSeed(vrfSeed);
  await save(paths.validatorKey, 'validator', consensusKey, addressToText(id));
  await save(paths.vrfKey, 'vrf', { seed: vrfSeed, publicKey: vrfKey.publicKey }, addressToText(id));
  return { nodeSeed: node.seed, validator: { id, consensusKey, vrfKey } };
}

function keyOf(seed: Uint8Array | undefined): KeyPair {
  return seed === undefined ? generateKeyPair() : keyPairFromSeed(seed);
}
