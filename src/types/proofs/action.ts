import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { Hash32 } from '../ssz-bytes.ts';
import { U8, U16, U32, U64 } from '../ssz-numbers.ts';

/** What the action proof of a docklock section says about one transaction. */
export const ActionItemType = new ContainerType({
  txId: Hash32,
  status: U16,
  /** sha256 over the SSZ list of the receipt's events. */
  eventsDigest: Hash32,
});

export const ACTION_PROOF_VERSION = 1;

/**
 * Proof-of-Action of a docklock section: which batches of steps were accepted, what they add up to and what the
 * owners asked for. Everyone who executes the section has checked, for each batch, the node's signature, the link to
 * the chain of its container, every transition and the plausibility of its usage. The proof says who attested which
 * ordered actions, so that a later lie shows; that an action happened only its node has seen.
 */
export const ActionProofType = new ContainerType({
  version: U8,
  /** RFC 6962 root over the data of the StepsRecorded events in their order. */
  batchRoot: Hash32,
  batchCount: U32,
  stepCount: U64,
  cpuMs: U64,
  memoryMbS: U64,
  storageMicroGbDay: U64,
  egressBytes: U64,
  /** RFC 6962 root over the data of the events of images, and of apps as their owners want them. */
  intentRoot: Hash32,
  intentCount: U32,
  /** RFC 6962 root over the items, one per transaction. */
  itemRoot: Hash32,
  itemCount: U32,
});
export type ActionProof = ValueOf<typeof ActionProofType>;
