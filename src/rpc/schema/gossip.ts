import { z } from 'zod';
import { method } from './method.ts';
import { HashParam, noParams, pageParams } from './params.ts';
import { Address, Count, dumpFields, Hash, page, Time } from './results.ts';

const Verdict = z.enum(['accept', 'ignore', 'reject']);
const Carrier = z.enum(['push', 'relay']);

/** One arrival of a message from a neighbour. `counter` tells a repetition of its author from the first send. */
const Arrival = z.object({
  messageId: Hash,
  topic: z.string(),
  from: z.string(),
  carrier: Carrier,
  bytes: Count,
  counter: Count,
  latencyMs: z.number().min(0),
  verdict: Verdict,
  reason: z.string().nullable(),
  at: Time,
});

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
  gossip_scores: method({
    scope: 'debug',
    summary:
      "gossipsub's score of each peer: the total, and per topic the parts P1 (time in mesh), P2 (first deliveries) and P4 (invalid messages).",
    params: z.strictObject({ peerId: z.string().max(128).optional() }),
    result: z.object({
      ...dumpFields,
      peers: z.array(
        z.object({
          peerId: z.string(),
          total: z.number(),
          behaviourPenalty: z.number(),
          topics: z.array(
            z.object({
              topic: z.string(),
              inMesh: z.boolean(),
              timeInMesh: z.number(),
              firstDeliveries: z.number(),
              invalidMessages: z.number(),
            }),
          ),
        }),
      ),
    }),
  }),
  gossip_queue: method({
    scope: 'debug',
    summary: 'Bytes that wait to be pushed to each peer.',
    params: noParams,
    result: z.object({
      ...dumpFields,
      queuedBytes: Count,
      peers: z.array(z.object({ peerId: z.string(), bytes: Count })),
    }),
  }),
  gossip_rejected: method({
    scope: 'debug',
    summary: 'The last messages that were provably bad, newest first, each with the reason.',
    params: z.strictObject({ topic: z.string().max(128).optional(), ...pageParams }),
    result: z.object({ ...dumpFields, ...page(Arrival).shape }),
  }),
  gossip_message: method({
    scope: 'debug',
    summary:
      'One message among the last: from whom it came first, from whom again, on which carrier, and its verdict.',
    params: z.strictObject({ messageId: HashParam }),
    result: z.object({
      ...dumpFields,
      messageId: Hash,
      topic: z.string(),
      firstFrom: z.string(),
      arrivals: z.array(Arrival),
    }),
  }),
  gossip_topology: method({
    scope: 'debug',
    summary:
      'The edges of this node: its connected peers, whether a push stream leads there, and in which meshes each is. Those of all nodes together are the graph.',
    params: noParams,
    result: z.object({
      ...dumpFields,
      edges: z.array(
        z.object({
          to: z.string(),
          validator: Address.nullable(),
          direction: z.enum(['inbound', 'outbound']),
          push: z.boolean(),
          meshes: z.array(z.string()),
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
      ...page(Arrival).shape,
    }),
  }),
};
