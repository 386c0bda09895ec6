import { z } from 'zod';
import { method } from './method.ts';
import { noParams, pageParams } from './params.ts';
import { Count, dumpFields, Hash, page, Time } from './results.ts';

const Verdict = z.enum(['accept', 'ignore', 'reject']);
const Carrier = z.enum(['push', 'relay']);

export const gossipMethods = {
  gossip_topics: method({
    scope: 'debug',
    summary: 'The topics that this node is subscribed to, with the number of mesh peers and subscribers.',
    params: noParams,
    result: z.object({
      ...dumpFields,
      topics: z.array(z.object({ topic: z.string(), mesh: Count, subscribers: Count })),
    }),
  }),
  gossip_mesh: method({
    scope: 'debug',
    summary: 'The mesh peers of each topic, or of one.',
    params: z.strictObject({ topic: z.string().max(128).optional() }),
    result: z.object({
      ...dumpFields,
      topics: z.array(
        z.object({
          topic: z.string(),
          peers: z.array(
            z.object({
              peerId: z.string(),
              direction: z.enum(['inbound', 'outbound']).nullable(),
              since: Time.nullable(),
            }),
          ),
        }),
      ),
    }),
  }),
  gossip_subscribers: method({
    scope: 'debug',
    summary: 'The connected peers that are subscribed to each topic, or to one.',
    params: z.strictObject({ topic: z.string().max(128).optional() }),
    result: z.object({
      ...dumpFields,
      topics: z.array(z.object({ topic: z.string(), peers: z.array(z.string()) })),
    }),
  }),
  gossip_stats: method({
    scope: 'debug',
    summary: 'Messages, bytes, duplicates and verdicts per topic and carrier since the start.',
    params: noParams,
    result: z.object({
      ...dumpFields,
      topics: z.array(
        z.object({
          topic: z.string(),
          carrier: Carrier,
          sentMessages: Count,
          sentBytes: Count,
          receivedMessages: Count,
          receivedBytes: Count,
          duplicates: Count,
          accepted: Count,
          ignored: Count,
          rejected: Count,
        }),
      ),
    }),
  }),
  gossip_recent: method({
    scope: 'debug',
    summary: 'The last messages that came in, newest first, each with its carrier and verdict.',
    params: z.strictObject({
      topic: z.string().max(128).optional(),
      verdict: Verdict.optional(),
      ...pageParams,
    }),
    result: z.object({
      ...dumpFields,
      ...page(
        z.object({
          messageId: Hash,
          topic: z.string(),
          from: z.string(),
          carrier: Carrier,
          bytes: Count,
          verdict: Verdict,
          reason: z.string().nullable(),
          at: Time,
        }),
      ).shape,
    }),
  }),
};
