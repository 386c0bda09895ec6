import * as z from 'zod';
import { LIMITS } from '../../util/limits.ts';
import type { SubscriptionTopic } from './meta.ts';
import { AddressParam, HashParam, LedgerParam } from './params.ts';

/** A list of which one must fit; none given means that all do. */
function someOf<Item extends z.ZodType>(item: Item) {
  return z.array(item).min(1).max(LIMITS.maxFilterItems).optional();
}

const name = z.string().min(1).max(LIMITS.maxPeerIdBytes);
const ledgers = someOf(LedgerParam);
const nothing = z.strictObject({});

/**
 * What a subscriber of a topic may narrow it down to. A notice is told if it fits all that the filter names; what does
 * not fit is not counted in `seq`.
 */
export const FILTERS = {
  newHeads: nothing,
  /** The receipts of a block that fit, as chain_searchReceipts finds them; a block without one is not told of. */
  receipts: z.strictObject({
    ledgers,
    /** Name of an operation of the transaction or of an event of the receipt. */
    type: name.optional(),
    /** The sender, or an address that an event names. */
    address: AddressParam.optional(),
  }),
  newPendingTransactions: z.strictObject({ ledgers, sender: AddressParam.optional() }),
  droppedTransactions: z.strictObject({ reasons: someOf(name) }),
  consensus: z.strictObject({ kinds: someOf(z.enum(['round', 'step', 'vote'])) }),
  peers: z.strictObject({
    kinds: someOf(z.enum(['connected', 'disconnected', 'refused', 'refused-us'])),
    peerId: name.optional(),
  }),
  scheduler: z.strictObject({ ledgers }),
  /** `maxPerSecond` samples: of what fits so many are told, the first of each second, and the next one says how many were skipped. */
  gossip: z.strictObject({
    kinds: someOf(z.enum(['received', 'sent', 'graft', 'prune'])),
    topics: someOf(name),
    carriers: someOf(z.enum(['push', 'relay'])),
    verdicts: someOf(z.enum(['accept', 'ignore', 'reject'])),
    peerId: name.optional(),
    maxPerSecond: z.int().min(1).max(LIMITS.maxGossipNoticesPerSecond).optional(),
  }),
  containers: z.strictObject({ app: HashParam.optional(), node: HashParam.optional() }),
  alerts: z.strictObject({ severities: someOf(z.enum(['critical', 'warning'])) }),
} as const satisfies Readonly<Record<SubscriptionTopic, z.ZodObject>>;

/** What a subscriber writes. */
export type FilterInput<Topic extends SubscriptionTopic> = z.input<(typeof FILTERS)[Topic]>;
/** What the source of the topic gets. */
export type Filter<Topic extends SubscriptionTopic> = z.output<(typeof FILTERS)[Topic]>;
