import type { Network } from '../../network/contract.ts';
import { peerIdOf } from '../../network/peers/peer-record.ts';
import type { RecentMessage } from '../../network/statistics.ts';
import type {
  RecentMessage as ArrivalView,
  NetworkPort,
  PeerNameView,
  PeerView,
  TrafficCounters,
  ValidatorPeerView,
} from '../../rpc/ports/network.ts';
import type { PeerHistory } from '../peer-history.ts';

const CARRIERS = ['push', 'relay'] as const;

/** What the RPC shows of the network. */
export function networkPort(
  network: Network,
  history: PeerHistory,
  facts: Pick<NetworkPort, 'agent' | 'protocolVersion' | 'findObstacle'> & {
    readonly bootnodes: readonly string[];
  },
): NetworkPort {
  return {
    peerId: network.peerId,
    agent: facts.agent,
    protocolVersion: facts.protocolVersion,
    protocols: () => network.protocols(),
    listenAddresses: () => network.listenAddresses(),
    announcedAddresses: () => network.addresses(),
    bootnodes: facts.bootnodes.map((address) => ({ address, peerId: peerIdOf(address) })),
    isListening: () => network.listenAddresses().length > 0,
    peers: () =>
      network.peers().map(
        (peer): PeerView => ({
          peerId: peer.peerId,
          address: peer.remoteAddress,
          announcedAddresses: peer.addresses,
          direction: peer.direction,
          connectedAtMs: peer.connectedSinceMs,
          role: peer.role,
          validator: peer.validator,
          height: peer.head.height,
          push: peer.hasPushLink,
        }),
      ),
    validatorPeers: () =>
      network.validatorPeerStates().map(
        (state): ValidatorPeerView => ({
          validator: state.validator,
          state: state.state,
          peerId: 'peerId' in state ? state.peerId : undefined,
          sinceMs: 'sinceMs' in state ? state.sinceMs : undefined,
          reason: 'reason' in state ? state.reason : undefined,
        }),
      ),
    peerEvents: () => history.events(),
    onPeerEvent: (listener) => history.subscribe(listener),
    dial: (address) => network.dial(address),
    findObstacle: facts.findObstacle,
    removePeer: (peerId) => network.removePeer(peerId),
    edgeReports: () =>
      network.edgeReports().map(({ by, peers, ...report }) => ({
        ...report,
        by: named(network, by),
        to: peers.map((peerId) => named(network, peerId)),
      })),
    askForEdges: () => network.askForEdges(),
    topics: () =>
      network.inspect().topics.map(({ topic, mesh, subscribers, backoff, fanout, cache }) => ({
        ...{ topic, mesh, subscribers, backoff, fanout, cache },
      })),
    traffic: () =>
      network.inspect().topics.flatMap(({ topic, statistics }) =>
        CARRIERS.map((carrier): TrafficCounters => {
          const counters = statistics[carrier];
          return {
            topic,
            carrier,
            sentMessages: counters.published,
            sentBytes: counters.bytesOut,
            receivedMessages: counters.received,
            receivedBytes: counters.bytesIn,
            duplicates: counters.duplicates,
            accepted: counters.accepted,
            ignored: counters.ignored,
            rejected: counters.rejected,
          };
        }),
      ),
    scores: () => Object.entries(network.inspect().scores).map(([peerId, score]) => ({ peerId, ...score })),
    unweightedParts: () => network.inspect().unweighted,
    queuedBytes: () =>
      Object.entries(network.inspect().queuedBytes).map(([peerId, bytes]) => ({ peerId, bytes })),
    recentMessages: () => network.inspect().recent.map(arrivalOf).reverse(),
    ownMessage: (messageId) => {
      const own = network.ownMessage(messageId);
      return own && { topic: own.topic, bytes: own.size, sends: own.sends, firstMs: own.firstMs };
    },
    watchMessages: (watcher) =>
      network.watchMessages({
        received: (message) => watcher.received(arrivalOf(message)),
        meshChanged: (change) => watcher.meshChanged(change),
        sent: ({ id, size, ...message }) => watcher.sent({ messageId: id, bytes: size, ...message }),
      }),
    isolate: (forMs) => network.isolate(forMs),
    partition: (peerIds) => network.partition(new Set(peerIds)),
  };
}

function named(network: Network, peerId: string): PeerNameView {
  return { peerId, validator: network.validatorOfPeer(peerId) };
}

function arrivalOf({ id, size, ...message }: RecentMessage): ArrivalView {
  return { messageId: id, bytes: size, ...message };
}
