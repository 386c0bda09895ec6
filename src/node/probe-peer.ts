import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { loadKeyFile } from '../crypto/keystore.ts';
import { type ProbeResult, probePeer } from '../network/probe/probe.ts';
import type { ProbeFailureReason, ProbeStep } from '../network/probe/probe-step.ts';
import type { ObstacleView } from '../rpc/ports/network.ts';
import { dataDirPaths, lockDataDir } from '../storage/data-dir.ts';
import { hashGenesis } from '../types/genesis.ts';
import { systemClock } from '../util/clock.ts';
import { errorCode } from '../util/errors.ts';
import { readGenesisFile } from './genesis-file.ts';
import { readPasswordFile } from './password-file.ts';
import { PROTOCOL_VERSION } from './protocol-version.ts';

export type { ProbeResult, ProbeStep };

/** Which chain a peer must belong to. */
export interface ChainName {
  readonly chainId: number;
  readonly genesisHash: string;
}

export interface ProbeSettings {
  readonly chain: ChainName;
  readonly nodeKeySeed: Uint8Array;
  /** Bytes of a swarm key file. */
  readonly swarmKey: Uint8Array | undefined;
  readonly upTo: 'handshake' | 'genesis';
  readonly onStep: (step: ProbeStep) => void;
}

const clocks = {
  nowMs: () => systemClock.monotonicMs(),
  wallMs: () => systemClock.wallMs(),
};

/** Goes the way to a peer step by step, as a node of this version that has no blocks yet. */
export async function probe(address: string, settings: ProbeSettings): Promise<ProbeResult> {
  return await probePeer(address, {
    ...settings,
    chain: { ...settings.chain, protocolVersion: PROTOCOL_VERSION },
    ...clocks,
  });
}

/**
 * What stands in the way of anybody who dials this address from here, up to the handshake: a running node lends its key
 * to no second connection, and what the peer makes of another key says nothing.
 */
export async function findObstacle(
  address: string,
  chain: ChainName,
  swarmKey: Uint8Array | undefined,
): Promise<ObstacleView | undefined> {
  const { steps } = await probePeer(address, {
    chain: { ...chain, protocolVersion: PROTOCOL_VERSION },
    nodeKeySeed: randomBytes(32),
    swarmKey,
    upTo: 'identify',
    ...clocks,
  });
  const last = steps.at(-1);
  return last === undefined || last.ok ? undefined : { ...last, reason: last.reason as ProbeFailureReason };
}

/** The chain of the node in a data directory, or undefined if there is none. */
export async function chainOfDataDir(dataDir: string): Promise<ChainName | undefined> {
  const { genesis: path } = dataDirPaths(dataDir);
  return existsSync(path) ? await chainOfFile(path) : undefined;
}

/** The chain of a genesis file. @throws NodeError with a GenesisFileErrorCode */
export async function chainOfFile(path: string): Promise<ChainName> {
  const genesis = await readGenesisFile(path);
  return { chainId: genesis.chainId, genesisHash: hashGenesis(genesis) };
}

/**
 * Runs `work` with the node key of a data directory, so that a peer sees who asks. A directory without a node, or one
 * whose node runs, lends none: two connections of one peer would end each other. Then it is a key that lives as long.
 * @throws NodeError with a KeystoreErrorCode
 */
export async function withNodeKey<Result>(
  dataDir: string,
  keyPasswordFile: string | undefined,
  work: (seed: Uint8Array, isOwn: boolean) => Promise<Result>,
): Promise<Result> {
  const { nodeKey } = dataDirPaths(dataDir);
  const lock = existsSync(nodeKey) ? tryLock(dataDir) : undefined;
  if (lock === undefined) return await work(randomBytes(32), false);
  try {
    const password = keyPasswordFile === undefined ? undefined : await readPasswordFile(keyPasswordFile);
    const { seed } = await loadKeyFile(nodeKey, {
      insecure: true,
      ...(password === undefined ? {} : { password }),
    });
    return await work(seed, true);
  } finally {
    lock.release();
  }
}

function tryLock(dataDir: string) {
  try {
    return lockDataDir(dataDir);
  } catch (error) {
    if (errorCode(error) === 'DATA_DIR_LOCKED') return undefined;
    throw error;
  }
}
