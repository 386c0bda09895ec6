import * as z from 'zod';
import { method } from './method.ts';

/**
 * What can be subscribed to over the WebSocket. A notice is `meta_subscription` with {subscription, seq, data}; `seq`
 * counts the events of the subscription. For a reader who is too slow, one notice {subscription, seq, lagged: n}
 * stands for the n events before `seq` that were dropped.
 */
export const SUBSCRIPTION_TOPICS = [
  'newHeads',
  'receipts',
  'newPendingTransactions',
  'droppedTransactions',
  'consensus',
  'peers',
  'scheduler',
  'gossip',
  'containers',
  'alerts',
] as const;
/** Topics that look inside the node need the scope `debug`, as the methods do that show the same. */
export const DEBUG_TOPICS: readonly SubscriptionTopic[] = ['consensus', 'peers', 'gossip', 'alerts'];
export type SubscriptionTopic = (typeof SUBSCRIPTION_TOPICS)[number];

export const metaMethods = {
  meta_subscribe: method({
    scope: 'read',
    summary:
      'Begins a subscription on this WebSocket connection; `filter` narrows it down, and x-subscriptions says how for each topic.',
    params: z.strictObject({
      topic: z.enum(SUBSCRIPTION_TOPICS),
      filter: z.record(z.string().max(64), z.unknown()).optional(),
    }),
    result: z.object({ subscription: z.string() }),
  }),
  meta_unsubscribe: method({
    scope: 'read',
    summary: 'Ends a subscription of this connection.',
    params: z.strictObject({ subscription: z.string().max(64) }),
    result: z.object({ removed: z.boolean() }),
  }),
};
