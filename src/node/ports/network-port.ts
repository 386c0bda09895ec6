import type { Network } from '../../network/contract.ts';
import type { NetworkPort, PeerView, TrafficCounters, ValidatorPeerView } from '../../rpc/ports/network.ts';
import type { PeerHistory } from '../peer-history.ts';

const CARRIERS = ['push', 'relay'] as const;

/** What the RPC shows of the network. */
export function networkPort(
  network: Network,
  history: PeerHistory,
  facts: { readonly agent: string; readonly protocolVersion: number },
): NetworkPort {
  return {
    peerId: network.peerId,
    agent: facts.agent,
    protocolVersion: facts.protocolVersion,
    protocols: () => network.protocols(),
    listenAddresses: () => network.listenAddresses(),
    announcedAddresses: () => network.addresses(),
    isListening: () => network.listenAddresses().length > 0,
    peers: () =>
      network.peers().map(
        (peer): PeerView => ({
          peerId: peer.peerId,
          address: peer.remoteAddress,
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
    topics: () =>
      network.inspect().topics.map(({ topic, mesh, subscribers }) => ({ topic, mesh, subscribers })),
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
    queuedBytes: () =>
      Object.entries(network.inspect().queuedBytes).map(([peerId, bytes]) => ({ peerId, bytes })),
    recentMessages: () =>
      network
        .inspect()
        .recent.map(({ id, topic, from, carrier, size, counter, latencyMs, verdict, reason, atMs }) => ({
          messageId: id,
          topic,
          from,
          carrier,
          bytes: size,
          counter,
          latencyMs,
          verdict,
          reason,
          atMs,
        }))
        .reverse(),
    isolate: (forMs) => network.isolate(forMs),
  };
}
