import type { Handlers } from '../dispatcher.ts';
import { dumpOf } from '../dump.ts';
import { pageOf } from '../paging.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { gossipMethods } from '../schema/gossip.ts';
import { hash0x, rfc3339 } from '../text-forms.ts';

export function gossipHandlers(ports: RpcPorts): Handlers<typeof gossipMethods> {
  const { network } = ports;
  const topics = (wanted: string | undefined) =>
    network.topics().filter(({ topic }) => wanted === undefined || topic === wanted);

  return {
    gossip_topics: () => ({
      ...dumpOf(ports, 'gossip_topics'),
      topics: topics(undefined).map(({ topic, mesh, subscribers }) => ({
        topic,
        mesh: mesh.length,
        subscribers: subscribers.length,
      })),
    }),

    gossip_mesh: ({ topic }) => ({
      ...dumpOf(ports, 'gossip_mesh'),
      topics: topics(topic).map(({ topic, mesh }) => ({
        topic,
        peers: mesh.map(({ peerId, direction, sinceMs }) => ({
          peerId,
          direction: direction ?? null,
          since: sinceMs === undefined ? null : rfc3339(sinceMs),
        })),
      })),
    }),

    gossip_subscribers: ({ topic }) => ({
      ...dumpOf(ports, 'gossip_subscribers'),
      topics: topics(topic).map(({ topic, subscribers }) => ({ topic, peers: [...subscribers] })),
    }),

    gossip_stats: () => ({
      ...dumpOf(ports, 'gossip_stats'),
      topics: network.traffic().map((counters) => ({ ...counters })),
    }),

    gossip_recent: ({ topic, verdict, ...page }) => ({
      ...dumpOf(ports, 'gossip_recent'),
      ...pageOf(
        network
          .recentMessages()
          .filter((message) => (topic ?? message.topic) === message.topic)
          .filter((message) => (verdict ?? message.verdict) === message.verdict),
        page,
        ({ messageId, atMs, reason, ...message }) => ({
          messageId: hash0x(messageId),
          ...message,
          reason: reason ?? null,
          at: rfc3339(atMs),
        }),
      ),
    }),
  };
}
