import type { CacheInspection, TopicHolds } from './statistics.ts';

/** What gossipsub keeps between its heartbeats; no part of its published interface. */
export interface GossipState {
  /** Topic → peer → until when, wall clock. */
  readonly backoff: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Topic that this node publishes to without a subscription → peers that get its messages. */
  readonly fanout: ReadonlyMap<string, ReadonlySet<string>>;
  readonly mcache: {
    readonly msgs: ReadonlyMap<string, CachedMessage>;
    /** A list for each heartbeat, newest first. */
    readonly history: readonly (readonly { readonly msgIdStr: string; readonly topic: string }[])[];
  };
}

interface CachedMessage {
  readonly validated: boolean;
  /** How often each peer asked for it. */
  readonly iwantCounts: ReadonlyMap<string, number>;
}

/** @throws TypeError if this gossipsub keeps something else */
export function checkGossipState({ backoff, fanout, mcache }: GossipState): void {
  if (!(backoff instanceof Map && fanout instanceof Map))
    throw new TypeError('this gossipsub has no backoff or no fanout');
  if (!(mcache?.msgs instanceof Map && Array.isArray(mcache.history)))
    throw new TypeError('this gossipsub has no cache of messages');
}

/** Whom this node may not graft on a topic and until when, and who gets its messages without a mesh. */
export function topicHolds({ backoff, fanout }: GossipState, topic: string): TopicHolds {
  return {
    backoff: [...(backoff.get(topic) ?? [])].map(([peerId, untilMs]) => ({ peerId, untilMs })),
    fanout: [...(fanout.get(topic) ?? [])],
  };
}

/** How many messages of a topic gossipsub keeps for peers that ask for them, by heartbeats of age. */
export function cachedMessages({ mcache }: GossipState, topic: string): CacheInspection {
  const windows = mcache.history.map((window) => window.filter((entry) => entry.topic === topic));
  const messages = windows.flat().flatMap(({ msgIdStr }) => mcache.msgs.get(msgIdStr) ?? []);
  return {
    windows: windows.map(({ length }) => length),
    unvalidated: messages.filter(({ validated }) => !validated).length,
    asked: messages.reduce((sum, { iwantCounts }) => sum + total(iwantCounts), 0),
  };
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
