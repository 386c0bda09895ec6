import type { Handlers } from '../dispatcher.ts';
import { dumpOf } from '../dump.ts';
import { rpcError } from '../errors.ts';
import { arrivalView } from '../inspection-views.ts';
import { pageOf } from '../paging.ts';
import type { OwnMessageView, PeerNameView, TrafficCounters } from '../ports/network.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { gossipMethods } from '../schema/gossip.ts';
import { addressText, hash0x, rfc3339 } from '../text-forms.ts';

function peerName({ peerId, validator }: PeerNameView) {
  return { peerId, validator: validator === undefined ? null : addressText(validator) };
}

function ownView({ bytes, sends, firstMs }: OwnMessageView) {
  return { bytes, sends, firstAt: rfc3339(firstMs) };
}

/** Over both carriers: the second copy of a message often comes by the other one. */
function copiesOf(traffic: readonly TrafficCounters[]) {
  return [...new Set(traffic.map(({ topic }) => topic))].map((topic) => {
    const counters = traffic.filter((one) => one.topic === topic);
    const received = counters.reduce((sum, one) => sum + one.receivedMessages, 0);
    const distinct = counters.reduce((sum, one) => sum + one.receivedMessages - one.duplicates, 0);
    return { topic, factor: distinct === 0 ? null : received / distinct };
  });
}

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

    gossip_backoff: ({ topic }) => ({
      ...dumpOf(ports, 'gossip_backoff'),
      topics: topics(topic).map(({ topic, backoff }) => ({
        topic,
        peers: backoff.map(({ peerId, untilMs }) => ({ peerId, until: rfc3339(untilMs) })),
      })),
    }),

    gossip_fanout: ({ topic }) => ({
      ...dumpOf(ports, 'gossip_fanout'),
      topics: topics(topic).map(({ topic, fanout }) => ({ topic, peers: [...fanout] })),
    }),

    gossip_messageCache: ({ topic }) => ({
      ...dumpOf(ports, 'gossip_messageCache'),
      topics: topics(topic).map(({ topic, cache }) => ({ topic, ...cache, windows: [...cache.windows] })),
    }),

    gossip_stats: () => {
      const traffic = network.traffic();
      return {
        ...dumpOf(ports, 'gossip_stats'),
        copies: copiesOf(traffic),
        topics: traffic.map((counters) => ({ ...counters })),
      };
    },

    gossip_scores: ({ peerId }) => ({
      ...dumpOf(ports, 'gossip_scores'),
      unweighted: network.unweightedParts().map((part) => ({ ...part })),
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
      const own = network.ownMessage(messageId);
      const topic = own?.topic ?? arrivals[0]?.topic;
      if (topic === undefined)
        throw rpcError('MESSAGE_NOT_FOUND', `${hash0x(messageId)} is not among the last messages`, {
          hint: 'gossip_recent lists the messages that are remembered',
        });
      return {
        ...dumpOf(ports, 'gossip_message'),
        messageId: hash0x(messageId),
        topic,
        own: own === undefined ? null : ownView(own),
        firstFrom: arrivals[0]?.from ?? null,
        arrivals: arrivals.map(arrivalView),
      };
    },

    gossip_topology: async ({ ask }) => {
      if (ask) await network.askForEdges();
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
        reports: network.edgeReports().map(({ by, atMs, isPartial, to }) => ({
          by: peerName(by),
          at: rfc3339(atMs),
          isPartial,
          to: to.map(peerName),
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
