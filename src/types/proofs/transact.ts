import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { sha256Hex } from '../../crypto/hash.ts';
import { LIMITS } from '../../util/limits.ts';
import { EventType, type LedgerEvent } from '../receipt.ts';
import { encode } from '../ssz.ts';
import { Hash32 } from '../ssz-bytes.ts';
import { Height, U8, U16, U32 } from '../ssz-numbers.ts';

const EventListType = new ListCompositeType(EventType, LIMITS.maxEventsPerReceipt);

/** What the transact proof of a bpci section says about one transaction: that it was executed, with which outcome. */
export const TransactItemType = new ContainerType({ txId: Hash32, status: U16, eventsDigest: Hash32 });

/** sha256 over the SSZ list of the receipt's events. */
export function digestEvents(events: readonly LedgerEvent[]): string {
  return sha256Hex(encode(EventListType, [...events]));
}

export const TRANSACT_PROOF_VERSION = 1;

/**
 * Proof-of-Transact of a bpci section: which transactions it holds, on which head it stands, and what they came to.
 * With the finality proof of one of them it makes a certificate that can be carried elsewhere.
 */
export const TransactProofType = new ContainerType({
  version: U8,
  /** The head that the section stands on: the parent of its block. */
  headHeight: Height,
  headHash: Hash32,
  /** RFC 6962 root over the items, one per transaction. */
  itemRoot: Hash32,
  itemCount: U32,
  succeeded: U32,
  failed: U32,
});
export type TransactProof = ValueOf<typeof TransactProofType>;
