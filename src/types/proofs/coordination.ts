import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { ClusterStateType } from '../cluster-state.ts';
import { Hash32 } from '../ssz-bytes.ts';
import { U8, U16, U32 } from '../ssz-numbers.ts';

/** What the coordination proof of a cluster section says about one transaction. */
export const CoordinationItemType = new ContainerType({
  txId: Hash32,
  status: U16,
  /** sha256 over the SSZ list of the receipt's events. */
  eventsDigest: Hash32,
  /** How many leases the transaction renewed. */
  heartbeats: U16,
});

export const COORDINATION_PROOF_VERSION = 1;

/**
 * Proof-of-Coordination of a cluster section: which leases it renewed, where BeginBlock of its height placed what,
 * and in which order its transactions came, by a chain of hashes that has to be computed one after the other. That
 * chain is evidence of order and of a minimum of work; it says nothing about the time of day.
 */
export const CoordinationProofType = new ContainerType({
  version: U8,
  /** RFC 6962 root over the renewals (the data of the LeaseRenewed events) in their order. */
  heartbeatRoot: Hash32,
  heartbeatCount: U32,
  /** H("placement", SSZ list of the moves of this height's BeginBlock). */
  placementHash: Hash32,
  placementCount: U32,
  /** The sequence of hashes into which the transaction ids were mixed. */
  pohStart: Hash32,
  pohHashes: U32,
  pohEnd: Hash32,
  /** RFC 6962 root over the sequence's checkpoints, one in 1024 hashes and the last. */
  pohSegmentRoot: Hash32,
  /** The cluster after the section. */
  after: ClusterStateType,
  /** RFC 6962 root over the items, one per transaction. */
  itemRoot: Hash32,
  itemCount: U32,
});
export type CoordinationProof = ValueOf<typeof CoordinationProofType>;
