import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { insecureKeyFile, saveKeyFile } from '../../src/crypto/keystore.ts';
import { initNode } from '../../src/node/init-node.ts';
import { addressToText } from '../../src/types/address.ts';
import { GenesisType, hashGenesis } from '../../src/types/genesis.ts';
import type { TestnetDirectory, TestnetNode } from '../directory.ts';
import { createTestnetGenesis } from '../genesis.ts';
import { deriveDemoAccounts, deriveDemoKeys, deriveNodeSeed, deriveValidator } from '../identities.ts';
import { writeJsonFile } from '../json-file.ts';
import { type Manifest, nodeNames } from '../manifest.ts';
import { choosePorts } from '../ports.ts';

/** Chain id of every testnet; the genesis hash tells them apart. */
const TESTNET_CHAIN_ID = 2_100;
const HOST = '127.0.0.1';

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
  const nodes = await Promise.all(
    names.map(async (name, index): Promise<TestnetNode> => {
      const { p2p, rpc } = ports[index] as (typeof ports)[number];
      const isValidator = index < manifest.validators;
      const identity = deriveValidator(manifest.seed, name);
      const nodeSeed = deriveNodeSeed(manifest.seed, name);
      await initNode({
        dataDir: directory.nodePath(name),
        genesis,
        nodeSeed,
        ...(isValidator
          ? {
              validator: {
                id: identity.account.address,
                consensusSeed: identity.consensus.seed,
                vrfSeed: identity.vrf.seed,
              },
            }
          : {}),
        password: undefined,
      });
      const peerId = peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', nodeSeed)).toString();
      return {
        name,
        peerId,
        validator: isValidator ? addressToText(identity.account.address) : null,
        p2p: `/ip4/${HOST}/tcp/${p2p}/p2p/${peerId}`,
        rpc: `http://${HOST}:${rpc}`,
        pid: null,
        started: null,
      };
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
