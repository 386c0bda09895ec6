import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { BlockProducer } from '../chain/build-block.ts';
import { keyPairFromSeed } from '../crypto/ed25519.ts';
import { type DecryptOptions, loadKeyFile } from '../crypto/keystore.ts';
import { vrfKeyPairFromSeed } from '../crypto/vrf.ts';
import type { DataDirPaths } from '../storage/data-dir.ts';
import { addressFromText } from '../types/address.ts';
import type { NodeOptions } from './options.ts';

/** The secrets that a node works with. Without `validator` it only follows the chain. */
export interface NodeKeys {
  readonly nodeSeed: Uint8Array;
  readonly validator: BlockProducer | undefined;
}

/**
 * Loads the key files of a data directory. The validator's id stands in its key file as the address: it is the
 * account that joined, and stays when the keys are rotated.
 * @throws NodeError with a KeystoreErrorCode
 */
export async function loadNodeKeys(
  paths: DataDirPaths,
  options: Pick<NodeOptions, 'keyPasswordFile' | 'insecureKeys'>,
): Promise<NodeKeys> {
  const decrypt: DecryptOptions = {
    insecure: options.insecureKeys,
    ...(options.keyPasswordFile === undefined
      ? {}
      : { password: (await readFile(options.keyPasswordFile, 'utf8')).replace(/\r?\n$/, '') }),
  };
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
