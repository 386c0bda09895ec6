import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { insecureKeyFile, saveKeyFile } from '../../src/crypto/keystore.ts';
import { addressToText } from '../../src/types/address.ts';
import { GenesisType, hashGenesis } from '../../src/types/genesis.ts';
import type { TestnetDirectory, TestnetNode } from '../directory.ts';
import { createTestnetGenesis } from '../genesis.ts';
import { deriveAccount, deriveDemoAccounts, deriveDemoKeys } from '../identities.ts';
import { writeJsonFile } from '../json-file.ts';
import { makeNode } from '../make-node.ts';
import { type Manifest, nodeNames } from '../manifest.ts';
import { choosePorts, type NodePorts } from '../ports.ts';

/** Chain id of every testnet; the genesis hash tells them apart. */
const TESTNET_CHAIN_ID = 2_100;

export interface SetupResult {
  readonly genesisHash: string;
  readonly nodes: readonly TestnetNode[];
}

/**
 * Makes everything on disk: genesis, a data directory with keys and journal for each node, testnet.json. Nothing
 * runs yet. What an earlier testnet left in the directory is removed.
 * @throws NodeError PORT_TAKEN
 */
export async function setup(directory: TestnetDirectory, manifest: Manifest): Promise<SetupResult> {
  const names = nodeNames(manifest);
  const ports = await choosePorts(manifest.portBase, names.length);
  for (const path of directory.generatedPaths) await rm(path, { recursive: true, force: true });

  const genesis = createTestnetGenesis({
    seed: manifest.seed,
    validators: manifest.validators,
    chainId: TESTNET_CHAIN_ID,
    timeMs: Date.now(),
    blockTimeMs: manifest.blockTimeMs,
    emptyBlocksMs: manifest.emptyBlocksMs,
    senders: manifest.senders,
  });
  const genesisHash = hashGenesis(genesis);
  const origin = { directory, seed: manifest.seed, genesis };
  const nodes = await Promise.all(
    names.map(async (name, index): Promise<TestnetNode> => {
      const isValidator = index < manifest.validators;
      const node = await makeNode(origin, name, ports[index] as NodePorts, isValidator);
      if (!isValidator) return node;
      return { ...node, validator: addressToText(deriveAccount(manifest.seed, name).address) };
    }),
  );
  await mkdir(dirname(directory.accountPath('')), { recursive: true });
  const accounts = deriveDemoAccounts(manifest.seed).map((account) => ({
    ...account,
    kind: 'account' as const,
  }));
  const others = deriveDemoKeys(manifest.seed).map((key) => ({ ...key, address: undefined }));
  for (const { name, kind, keys, address } of [...accounts, ...others]) {
    const { publicKey, seed } = keys;
    const text = address === undefined ? '' : addressToText(address);
    await saveKeyFile(directory.accountPath(name), insecureKeyFile({ kind, publicKey, address: text, seed }));
  }
  await writeJsonFile(directory.genesisPath, GenesisType.toJson(genesis));
  await directory.saveManifest(manifest);
  // Last, because this file says that there is a testnet.
  await directory.saveTestnet({
    name: manifest.name,
    chainId: TESTNET_CHAIN_ID,
    genesisHash: `0x${genesisHash}`,
    nodes,
  });
  return { genesisHash, nodes };
}
