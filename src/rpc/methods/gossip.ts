import type { Handlers } from '../dispatcher.ts';
import { dumpOf } from '../dump.ts';
import { rpcError } from '../errors.ts';
import { pageOf } from '../paging.ts';
import type { RecentMessage } from '../ports/network.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { gossipMethods } from '../schema/gossip.ts';
import { addressText, hash0x, rfc3339 } from '../text-forms.ts';

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

    gossip_scores: ({ peerId }) => ({
      ...dumpOf(ports, 'gossip_scores'),
      peers: network
        .scores()
        .filter((score) => peerId === undefined || score.peerId === peerId)
        .map(({ topics, ...score }) => ({ ...score, topics: topics.map((topic) => ({ ...topic })) })),
    }),

    gossip_queue: () => {
      const peers = network.queuedBytes().map((queue) => ({ ...queue }));
      const queuedBytes = peers.reduce((sum, { bytes }) => sum + bytes, 0);
      return { ...dumpOf(ports, 'gossip_queue'), queuedBytes, peers };
    },

    gossip_rejected: ({ topic, ...page }) => ({
      ...dumpOf(ports, 'gossip_rejected'),
      ...pageOf(
        network
          .recentMessages()
          .filter(({ verdict }) => verdict === 'reject')
          .filter((message) => (topic ?? message.topic) === message.topic),
        page,
        arrivalView,
      ),
    }),

    gossip_message: ({ messageId }) => {
      const arrivals = network
        .recentMessages()
        .filter((message) => message.messageId === messageId)
        .toReversed();
      const [first] = arrivals;
      if (first === undefined)
        throw rpcError('MESSAGE_NOT_FOUND', `${hash0x(messageId)} is not among the last messages`, {
          hint: 'gossip_recent lists the messages that are remembered',
        });
      return {
        ...dumpOf(ports, 'gossip_message'),
        messageId: hash0x(messageId),
        topic: first.topic,
        firstFrom: first.from,
        arrivals: arrivals.map(arrivalView),
      };
    },

    gossip_topology: () => {
      const meshes = network.topics();
      return {
        ...dumpOf(ports, 'gossip_topology'),
        edges: network.peers().map(({ peerId, validator, direction, push }) => ({
          to: peerId,
          validator: validator === undefined ? null : addressText(validator),
          direction,
          push,
          meshes: meshes
            .filter(({ mesh }) => mesh.some((peer) => peer.peerId === peerId))
            .map(({ topic }) => topic),
        })),
      };
    },

    gossip_recent: ({ topic, verdict, ...page }) => ({
      ...dumpOf(ports, 'gossip_recent'),
      ...pageOf(
        network
          .recentMessages()
          .filter((message) => (topic ?? message.topic) === message.topic)
          .filter((message) => (verdict ?? message.verdict) === message.verdict),
        page,
        arrivalView,
      ),
    }),
  };
}

function arrivalView({ messageId, atMs, reason, ...message }: RecentMessage) {
  return { messageId: hash0x(messageId), ...message, reason: reason ?? null, at: rfc3339(atMs) };
}
