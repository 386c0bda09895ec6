import { TOPICS } from '../types/network.ts';
import type { Gossip } from './gossip.ts';
import type { PeerTable } from './peers/peer-table.ts';
import type { GossipInspection, Statistics } from './statistics.ts';

/** What both carriers look like from this node now, as copies. */
export function inspectGossip(gossip: Gossip, { all }: PeerTable, statistics: Statistics): GossipInspection {
  return {
    topics: TOPICS.map((topic) => ({
      topic,
      name: gossip.name(topic),
      subscribed: gossip.isSubscribed(topic),
      mesh: gossip.mesh(topic),
      subscribers: gossip.subscribers(topic),
      ...gossip.holds(topic),
      cache: gossip.cache(topic),
      statistics: structuredClone(statistics.countersOf(topic)),
    })),
    scores: gossip.scores(all.map(({ peerId }) => peerId)),
    unweighted: gossip.unweighted(),
    queuedBytes: Object.fromEntries(
      all.flatMap(({ peerId, link }) => (link ? [[peerId, link.queuedBytes]] : [])),
    ),
    recent: statistics.recent(),
  };
}
