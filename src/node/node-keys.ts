import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { BlockProducer } from '../chain/build-block.ts';
import { generateKeyPair, type KeyPair, keyPairFromSeed } from '../crypto/ed25519.ts';
import {
  type DecryptOptions,
  encryptKeyFile,
  insecureKeyFile,
  type KeyKind,
  loadKeyFile,
  saveKeyFile,
} from '../crypto/keystore.ts';
import { vrfKeyPairFromSeed } from '../crypto/vrf.ts';
import type { DataDirPaths } from '../storage/data-dir.ts';
import { addressFromText, addressOf, addressToText } from '../types/address.ts';
import type { Address } from '../types/ssz.ts';
import { SCHEME_ED25519 } from '../types/transaction.ts';
import { fromHex } from '../util/bytes.ts';
import type { NodeOptions } from './options.ts';
import { readPasswordFile } from './password-file.ts';

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
  return await readNodeKeys(paths, {
    insecure: options.insecureKeys,
    ...(options.keyPasswordFile === undefined
      ? {}
      : { password: await readPasswordFile(options.keyPasswordFile) }),
  });
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

/** Keys that someone else made, for example for a genesis that names them already. */
export interface GivenValidatorKeys {
  readonly id: Address;
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
  let id = given?.id;
  if (id === undefined) {
    const account = generateKeyPair();
    id = addressOf(SCHEME_ED25519, fromHex(account.publicKey));
    await save(paths.accountKey, 'account', account, addressToText(id));
  }
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
