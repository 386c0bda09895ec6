import * as z from 'zod';
import { method } from './method.ts';
import { HashParam, noParams, pageParams } from './params.ts';
import { Address, Count, dumpFields, Hash, page, Time } from './results.ts';

const Verdict = z.enum(['accept', 'ignore', 'reject']);
const Carrier = z.enum(['push', 'relay']);

/** One arrival of a message from a neighbour. `counter` tells a repetition of its author from the first send. */
export const Arrival = z.object({
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

/** One message on its way out, to the peers that it was handed to. */
export const SentNotice = z.object({
  messageId: Hash,
  topic: z.string(),
  to: z.array(z.string()),
  carrier: Carrier,
  bytes: Count,
  counter: Count,
  at: Time,
});

/** A peer in the mesh of a topic, or out of it; `by`: whether this node or the peer wanted it so. */
export const MeshNotice = z.object({
  topic: z.string(),
  peerId: z.string(),
  by: z.enum(['self', 'peer']),
  at: Time,
});

const topicParam = z.strictObject({ topic: z.string().max(128).optional() });

/** `validator`: for whom the peer speaks, as far as this node knows. */
const PeerName = z.object({ peerId: z.string(), validator: Address.nullable() });

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
    params: topicParam,
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
    params: topicParam,
    result: z.object({
      ...dumpFields,
      topics: z.array(z.object({ topic: z.string(), peers: z.array(z.string()) })),
    }),
  }),
  gossip_backoff: method({
    scope: 'debug',
    summary:
      'The peers that left the mesh of a topic a short time ago, and until when they may not come back.',
    params: topicParam,
    result: z.object({
      ...dumpFields,
      topics: z.array(
        z.object({ topic: z.string(), peers: z.array(z.object({ peerId: z.string(), until: Time })) }),
      ),
    }),
  }),
  gossip_fanout: method({
    scope: 'debug',
    summary:
      'The peers that get what this node publishes on topics to which it is not subscribed, and so has no mesh.',
    params: topicParam,
    result: z.object({
      ...dumpFields,
      topics: z.array(z.object({ topic: z.string(), peers: z.array(z.string()) })),
    }),
  }),
  gossip_messageCache: method({
    scope: 'debug',
    summary:
      'How many messages gossipsub keeps for peers that ask for them (IWANT), for each heartbeat of age, how many of them are not validated yet, and how often they were asked for.',
    params: topicParam,
    result: z.object({
      ...dumpFields,
      topics: z.array(
        z.object({ topic: z.string(), windows: z.array(Count), unvalidated: Count, asked: Count }),
      ),
    }),
  }),
  gossip_stats: method({
    scope: 'debug',
    summary:
      'Messages, bytes, duplicates and verdicts per topic and carrier since the start; `copies`: how often a message of the topic came that came at all.',
    params: noParams,
    result: z.object({
      ...dumpFields,
      copies: z.array(z.object({ topic: z.string(), factor: z.number().min(1).nullable() })),
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
      "gossipsub's score of each peer in its parts, times their weights: per topic P1 (time in mesh), P2 (first deliveries), P3 (delivery deficit), P3b (deficits with which it left the mesh) and P4 (invalid messages), their capped sum, P5 (application), P6 (IP colocation) and P7 (behaviour penalty). `unweighted` says which weigh nothing, and why.",
    params: z.strictObject({ peerId: z.string().max(128).optional() }),
    result: z.object({
      ...dumpFields,
      peers: z.array(
        z.object({
          peerId: z.string(),
          total: z.number(),
          topicsTotal: z.number(),
          application: z.number(),
          ipColocation: z.number().max(0),
          behaviourPenalty: z.number().max(0),
          topics: z.array(
            z.object({
              topic: z.string(),
              inMesh: z.boolean(),
              timeInMesh: z.number(),
              firstDeliveries: z.number(),
              deliveryDeficit: z.number().max(0),
              meshFailures: z.number().max(0),
              invalidMessages: z.number().max(0),
            }),
          ),
        }),
      ),
      unweighted: z.array(
        z.object({
          name: z.enum(['P3', 'P3b', 'P5', 'P6']),
          field: z.enum(['deliveryDeficit', 'meshFailures', 'application', 'ipColocation']),
          reason: z.string(),
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
      'One message among the last: whether this node made it, from whom it came first, from whom again, on which carrier, and its verdict.',
    params: z.strictObject({ messageId: HashParam }),
    result: z.object({
      ...dumpFields,
      messageId: Hash,
      topic: z.string(),
      /** Of a message that this node made; null for those of others. */
      own: z.object({ bytes: Count, sends: Count, firstAt: Time }).nullable(),
      firstFrom: z.string().nullable(),
      arrivals: z.array(Arrival),
    }),
  }),
  gossip_topology: method({
    scope: 'debug',
    summary:
      'The connections of this node as it sees them, with push streams and meshes, and apart from them those that its peers report of themselves, which nothing proves. With `ask` the peers are asked anew, but none twice in five seconds.',
    params: z.strictObject({ ask: z.boolean().default(false) }),
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
      reports: z.array(
        z.object({
          by: PeerName,
          at: Time,
          /** The peer had more to tell than an answer holds. */
          isPartial: z.boolean(),
          to: z.array(PeerName),
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
