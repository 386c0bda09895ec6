import type { KeyPair } from '../crypto/ed25519.ts';
import {
  type Heartbeat,
  type HeartbeatBody,
  heartbeatSigningBytes,
  type NodeJoin,
  nodeClaimBytes,
  type Refute,
  refuteSigningBytes,
} from '../types/operations/cluster.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';

/** The operations of the cluster ledger that a node signs with its own key, whoever sends them. */

/** `operator` is the account that will send it, to which the node's key belongs from then on. */
export function signNodeJoin(
  node: KeyPair,
  genesisHash: Hash,
  operator: Address,
  join: Omit<NodeJoin, 'node' | 'possession'>,
): NodeJoin {
  const possession = node.sign(nodeClaimBytes(genesisHash, { operator, node: node.publicKey }));
  return { ...join, node: node.publicKey, possession };
}

export function signHeartbeat(
  node: KeyPair,
  genesisHash: Hash,
  beat: Omit<HeartbeatBody, 'node'>,
): Heartbeat {
  const body = { ...beat, node: node.publicKey };
  return { ...body, signature: node.sign(heartbeatSigningBytes(genesisHash, body)) };
}

export function signRefute(node: KeyPair, genesisHash: Hash, incarnation: number): Refute {
  const body = { node: node.publicKey, incarnation };
  return { ...body, signature: node.sign(refuteSigningBytes(genesisHash, body)) };
}
