import type { TrafficCounters } from '../ports/network.ts';
import { type Metric, type MetricSources, type Sample, single } from './metric.ts';

/** One sample for each topic, carrier and name of what is counted. */
function traffic(
  { ports }: MetricSources,
  label: string,
  numbers: (counters: TrafficCounters) => Readonly<Record<string, number>>,
): readonly Sample[] {
  return ports.network.traffic().flatMap((counters) =>
    Object.entries(numbers(counters)).map(([name, value]) => ({
      labels: { topic: counters.topic, carrier: counters.carrier, [label]: name },
      value,
    })),
  );
}

/** Peers, and what passed between them and this node; then its own clients. */
export const NETWORK_METRICS: readonly Metric[] = [
  {
    name: 'metanode_network_peers',
    kind: 'gauge',
    help: 'Peers with a finished handshake.',
    labels: ['role', 'direction'],
    read: ({ ports }) => {
      const peers = ports.network.peers();
      return (['validator', 'observer'] as const).flatMap((role) =>
        (['inbound', 'outbound'] as const).map((direction) => ({
          labels: { role, direction },
          value: peers.filter((peer) => peer.role === role && peer.direction === direction).length,
        })),
      );
    },
  },
  {
    name: 'metanode_network_push_peers',
    kind: 'gauge',
    help: 'Peers with a live push stream.',
    read: ({ ports }) => single(ports.network.peers().filter(({ push }) => push).length),
  },
  {
    name: 'metanode_network_peer_events_total',
    kind: 'counter',
    help: 'Peers that came, left, were refused here (refused) or refused this node (refused-us).',
    labels: ['kind'],
    read: ({ counts }) => counts.peerEvents.entries().map(([kind, value]) => ({ labels: { kind }, value })),
  },
  {
    name: 'metanode_network_mesh_peers',
    kind: 'gauge',
    help: 'Peers in the gossip mesh.',
    labels: ['topic'],
    read: ({ ports }) =>
      ports.network.topics().map(({ topic, mesh }) => ({ labels: { topic }, value: mesh.length })),
  },
  {
    name: 'metanode_network_lowest_score',
    kind: 'gauge',
    help: 'Gossip score of the worst peer; none without peers.',
    read: ({ ports }) => {
      const totals = ports.network.scores().map(({ total }) => total);
      return single(totals.length === 0 ? undefined : Math.min(...totals));
    },
  },
  {
    name: 'metanode_network_messages_total',
    kind: 'counter',
    help: 'Messages of a topic, by push stream or relayed by gossip.',
    labels: ['topic', 'carrier', 'direction'],
    read: (sources) =>
      traffic(sources, 'direction', ({ sentMessages, receivedMessages }) => ({
        out: sentMessages,
        in: receivedMessages,
      })),
  },
  {
    name: 'metanode_network_bytes_total',
    kind: 'counter',
    help: 'Their size.',
    labels: ['topic', 'carrier', 'direction'],
    read: (sources) =>
      traffic(sources, 'direction', ({ sentBytes, receivedBytes }) => ({
        out: sentBytes,
        in: receivedBytes,
      })),
  },
  {
    name: 'metanode_network_verdicts_total',
    kind: 'counter',
    help: 'What was thought of the messages that came.',
    labels: ['topic', 'carrier', 'verdict'],
    read: (sources) =>
      traffic(sources, 'verdict', ({ accepted, ignored, rejected, duplicates }) => ({
        accept: accepted,
        ignore: ignored,
        reject: rejected,
        duplicate: duplicates,
      })),
  },
  {
    name: 'metanode_network_queued_bytes',
    kind: 'gauge',
    help: 'Bytes that wait for the slowest peer.',
    read: ({ ports }) => single(Math.max(0, ...ports.network.queuedBytes().map(({ bytes }) => bytes))),
  },
  {
    name: 'metanode_rpc_calls_total',
    kind: 'counter',
    help: 'Calls of the JSON-RPC.',
    read: ({ calls }) => single(calls().handled),
  },
  {
    name: 'metanode_rpc_errors_total',
    kind: 'counter',
    help: 'Those that were answered with an error.',
    read: ({ calls }) => single(calls().failed),
  },
  {
    name: 'metanode_rpc_open_calls',
    kind: 'gauge',
    help: 'Calls that have no answer yet; those of kind waiting last as long as their caller likes.',
    labels: ['kind'],
    read: ({ calls }) => {
      const { running, waiting } = calls();
      return [
        { labels: { kind: 'running' }, value: running },
        { labels: { kind: 'waiting' }, value: waiting },
      ];
    },
  },
];
