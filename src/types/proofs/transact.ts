import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { sha256 } from '../../crypto/hash.ts';
import { toHex } from '../../util/bytes.ts';
import { LIMITS } from '../../util/limits.ts';
import { EventType, type LedgerEvent } from '../receipt.ts';
import { encode, Hash32, U16 } from '../ssz.ts';

const EventListType = new ListCompositeType(EventType, LIMITS.maxEventsPerReceipt);

/** What the transact proof of a bpci section says about one transaction: that it was executed, with which outcome. */
export const TransactItemType = new ContainerType({ txId: Hash32, status: U16, eventsDigest: Hash32 });
export type TransactItem = ValueOf<typeof TransactItemType>;

/** sha256 over the SSZ list of the receipt's events. */
export function digestEvents(events: readonly LedgerEvent[]): string {
  return toHex(sha256(encode(EventListType, [...events])));
}
