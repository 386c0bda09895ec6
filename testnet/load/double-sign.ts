import { setTimeout as sleep } from 'node:timers/promises';
import type { KeyPair } from '../../src/crypto/ed25519.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import type { Network } from '../../src/network/contract.ts';
import { createNetwork } from '../../src/network/network.ts';
import { PROTOCOL_VERSION } from '../../src/node/protocol-version.ts';
import { addressFromText, addressToText } from '../../src/types/address.ts';
import { voteSigningBytes } from '../../src/types/certificate.ts';
import { encodeConsensusMessage } from '../../src/types/consensus-message.ts';
import type { Address, Hash } from '../../src/types/ssz-bytes.ts';
import { ValidatorSet } from '../../src/types/validator.ts';
import { toHex, utf8 } from '../../src/util/bytes.ts';
import { systemClock } from '../../src/util/clock.ts';
import { LIMITS } from '../../src/util/limits.ts';
import { silentLogger } from '../../src/util/logger.ts';
import type { NodeRpc } from '../rpc.ts';

export interface DoubleSignOptions {
  readonly nodes: readonly NodeRpc[];
  /** Multiaddrs of nodes, with /p2p/. */
  readonly bootnodes: readonly string[];
  readonly chainId: number;
  readonly genesisHash: Hash;
  readonly validator: { readonly id: Address; readonly key: KeyPair };
  /** The only validator that hears both votes; all of them if it is left out. */
  readonly to?: Address;
  /** Behind the libp2p identity of the peer that appears for this. */
  readonly nodeKeySeed: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

/** Votes count while their height is undecided, so some come too late; then it is tried again. */
const ATTEMPTS = 10;
const DETECTED_WITHIN_MS = 3_000;
const APPLIED_WITHIN_MS = 60_000;
const CONNECTED_WITHIN_MS = 15_000;
const POLL_MS = 100;

/**
 * Contradicts itself in a validator's name: a short-lived peer with the validator's key, and no node behind it, tells
 * the network that it prepares two blocks in one round. Returns whether a block then jailed the validator.
 */
export async function doubleSign(options: DoubleSignOptions): Promise<boolean> {
  const { nodes, validator, signal } = options;
  const peer = await connectPeer(options);
  try {
    let state: EvidenceState = 'unseen';
    for (let attempt = 0; attempt < ATTEMPTS && state === 'unseen' && signal?.aborted !== true; attempt++) {
      const node = nodes[attempt % nodes.length] as NodeRpc;
      const height = await headOf(node);
      // A node that is down or behind has nothing to say; the next attempt asks another one.
      if (height === undefined) continue;
      for (const name of ['one', 'another']) {
        const vote = prepareBytes(options, height + 1, blockHashOf(name, height + 1));
        if (options.to === undefined) peer.publish('vote', vote);
        else peer.sendTo(options.to, 'vote', vote);
      }
      state = await waitForEvidence(nodes, validator.id, 'unseen', DETECTED_WITHIN_MS, signal);
    }
    if (state === 'seen')
      state = await waitForEvidence(nodes, validator.id, 'seen', APPLIED_WITHIN_MS, signal);
    return state === 'jailed';
  } finally {
    await peer.stop();
  }
}

/** A peer that speaks for the validator, connected with at least one other validator. */
async function connectPeer(options: DoubleSignOptions): Promise<Network> {
  const { genesisHash, chainId, validator, nodeKeySeed, bootnodes, nodes, signal } = options;
  const network = await createNetwork({
    genesisHash,
    chainId,
    protocolVersion: PROTOCOL_VERSION,
    forkId: genesisHash,
    nodeKeySeed,
    listen: [],
    bootnodes,
    maxPeers: LIMITS.maxPeers,
    loopbackTestnet: true,
    role: 'validator',
    validatorKey: { id: validator.id, keyPair: validator.key },
    head: () => ({ height: 0, hash: genesisHash }),
    logger: silentLogger,
    clock: systemClock,
  });
  try {
    const validators = await latestSet(nodes);
    network.setValidators(validators, validators);
    await network.start();
    for (let waited = 0; waited < CONNECTED_WITHIN_MS && signal?.aborted !== true; waited += POLL_MS) {
      const linked = network.peers().filter(({ hasPushLink }) => hasPushLink).length;
      if (linked >= validators.quorum - 1) break;
      await sleep(POLL_MS);
    }
    return network;
  } catch (error) {
    await network.stop();
    throw error;
  }
}

async function latestSet(nodes: readonly NodeRpc[]): Promise<ValidatorSet> {
  const { validators } = await Promise.any(
    nodes.map((node) => node.call('ibft_getValidatorsByBlockNumber', {})),
  );
  return new ValidatorSet(
    validators.map(({ id, consensusKey, vrfKey }) => ({
      id: addressFromText(id),
      consensusKey: consensusKey.slice(2),
      vrfKey: vrfKey.slice(2),
    })),
  );
}

async function headOf(node: NodeRpc): Promise<number | undefined> {
  const head = await node.call('chain_getFinalizedHead').catch(() => undefined);
  return head?.height;
}

/** A block that nobody has. */
function blockHashOf(name: string, height: number): Hash {
  return toHex(sha256(utf8(`${name} block ${height}`)));
}

function prepareBytes(
  { genesisHash, validator }: DoubleSignOptions,
  height: number,
  blockHash: Hash,
): Uint8Array {
  const body = { height, round: 0, blockHash };
  const signature = validator.key.sign(voteSigningBytes('prepare', genesisHash, body));
  return encodeConsensusMessage({ kind: 'prepare', prepare: { body, signer: validator.id, signature } });
}

type EvidenceState = 'unseen' | 'seen' | 'applied' | 'jailed';

/** Waits until some node knows more of the evidence than `known`, and returns what. */
async function waitForEvidence(
  nodes: readonly NodeRpc[],
  validator: Address,
  known: EvidenceState,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<EvidenceState> {
  const endMs = performance.now() + timeoutMs;
  for (let turn = 0; performance.now() < endMs && signal?.aborted !== true; turn++) {
    const state = await evidenceState(nodes[turn % nodes.length] as NodeRpc, validator);
    if (state !== 'unseen' && state !== known) return state;
    await sleep(POLL_MS);
  }
  return known;
}

async function evidenceState(node: NodeRpc, validator: Address): Promise<EvidenceState> {
  const evidence = await node.call('ibft_getEvidence').catch(() => undefined);
  const isAccused = (entry: { validator: string }) => entry.validator === addressToText(validator);
  const applied = evidence?.applied.findLast(isAccused);
  if (applied !== undefined) return applied.jailed ? 'jailed' : 'applied';
  return evidence?.seen.some(isAccused) ? 'seen' : 'unseen';
}
