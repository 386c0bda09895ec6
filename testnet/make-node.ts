import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { initNode } from '../src/node/init-node.ts';
import { lockDataDir } from '../src/storage/data-dir.ts';
import type { Genesis } from '../src/types/genesis.ts';
import type { TestnetDirectory, TestnetNode } from './directory.ts';
import { deriveNodeSeed, deriveValidator } from './identities.ts';
import type { NodePorts } from './ports.ts';

const HOST = '127.0.0.1';

/** What every node of one testnet is made from. */
export interface NodeOrigin {
  readonly directory: TestnetDirectory;
  readonly seed: string;
  readonly genesis: Genesis;
}

/**
 * Makes the data directory of a node that testnet.json does not name yet, with validator keys and a journal if it is to
 * vote. It is described as one that does not run and is no validator (yet).
 * @throws NodeError of initNode
 */
export async function makeNode(
  { directory, seed, genesis }: NodeOrigin,
  name: string,
  { p2p, rpc }: NodePorts,
  hasValidatorKeys: boolean,
): Promise<TestnetNode> {
  const { account, consensus, vrf } = deriveValidator(seed, name);
  const nodeSeed = deriveNodeSeed(seed, name);
  const validator = {
    id: account.address,
    accountSeed: account.keys.seed,
    consensusSeed: consensus.seed,
    vrfSeed: vrf.seed,
  };
  const dataDir = directory.nodePath(name);
  await removeLeftovers(dataDir);
  await initNode({
    dataDir,
    genesis,
    nodeSeed,
    ...(hasValidatorKeys ? { validator } : {}),
    password: undefined,
  });
  const peerId = peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', nodeSeed)).toString();
  return {
    name,
    peerId,
    validator: null,
    p2p: `/ip4/${HOST}/tcp/${p2p}/p2p/${peerId}`,
    rpc: `http://${HOST}:${rpc}`,
    pid: null,
    started: null,
  };
}

/**
 * What lies where no node is known to be is of one whose making was cut short: it never ran, so nothing is lost.
 * @throws NodeError DATA_DIR_LOCKED if a process uses it all the same
 */
async function removeLeftovers(dataDir: string): Promise<void> {
  if (!existsSync(dataDir)) return;
  const lock = lockDataDir(dataDir);
  try {
    await rm(dataDir, { recursive: true });
  } finally {
    lock.release();
  }
}
