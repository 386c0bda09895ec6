import { TOPICS, type Topic } from '../types/network.ts';
import { LIMITS } from '../util/limits.ts';
import type { Carrier, Verdict } from './contract.ts';

/** Counters since start of one topic on one carrier. */
export interface CarrierCounters {
  published: number;
  received: number;
  accepted: number;
  ignored: number;
  rejected: number;
  /** Known content that was not handed to a handler again. */
  duplicates: number;
  /** Dropped unsent because a peer's queue was full. */
  dropped: number;
  bytesIn: number;
  bytesOut: number;
}

/** One received message and what became of it. `id` is the sha256 of its content. */
export interface RecentMessage {
  readonly id: string;
  readonly topic: Topic;
  readonly from: string;
  readonly carrier: Carrier;
  readonly size: number;
  readonly counter: number;
  readonly verdict: Verdict;
  /** Why it is not an accept: the handler's verdict, `duplicate`, or an error code. */
  readonly reason: string | undefined;
  /** From arrival to verdict. */
  readonly latencyMs: number;
  readonly atMs: number;
}

export interface MeshPeerInfo {
  readonly peerId: string;
  readonly direction: 'inbound' | 'outbound';
  readonly sinceMs: number;
}

export interface TopicInspection {
  readonly topic: Topic;
  /** The gossipsub topic. */
  readonly name: string;
  readonly subscribed: boolean;
  readonly mesh: readonly MeshPeerInfo[];
  readonly subscribers: readonly string[];
  readonly statistics: Readonly<Record<Carrier, Readonly<CarrierCounters>>>;
}

/** What a peer's deeds on one topic add to its score, by gossipsub's names of the parts. */
export interface TopicScore {
  readonly topic: Topic;
  readonly inMesh: boolean;
  /** P1, time in the mesh. */
  readonly timeInMesh: number;
  /** P2, messages that it brought first. */
  readonly firstDeliveries: number;
  /** P4, invalid messages; never above zero. */
  readonly invalidMessages: number;
}

export interface PeerScore {
  readonly total: number;
  readonly topics: readonly TopicScore[];
  /** P7 counts breaches of protocol; its square lowers the total. */
  readonly behaviourPenalty: number;
}

export interface GossipInspection {
  readonly topics: readonly TopicInspection[];
  /** gossipsub's score per peer id. */
  readonly scores: Readonly<Record<string, PeerScore>>;
  /** Bytes that wait for each peer with a push link. */
  readonly queuedBytes: Readonly<Record<string, number>>;
  /** Newest last. */
  readonly recent: readonly RecentMessage[];
}

function emptyCounters(): CarrierCounters {
  return {
    published: 0,
    received: 0,
    accepted: 0,
    ignored: 0,
    rejected: 0,
    duplicates: 0,
    dropped: 0,
    bytesIn: 0,
    bytesOut: 0,
  };
}

/** Counts and remembers what passed, for the debug interface; lives as long as the network. */
export class Statistics {
  readonly #counters = new Map(
    TOPICS.map((topic) => [topic, { push: emptyCounters(), relay: emptyCounters() }] as const),
  );
  readonly #recent: RecentMessage[] = [];
  /** Place of the next entry once the ring is full. */
  #oldest = 0;

  countersOf(topic: Topic): Record<Carrier, CarrierCounters> {
    return this.#counters.get(topic) as Record<Carrier, CarrierCounters>;
  }

  published(topic: Topic, carrier: Carrier, bytes: number, copies: number): void {
    const counters = this.countersOf(topic)[carrier];
    counters.published += copies;
    counters.bytesOut += bytes * copies;
  }

  received(message: RecentMessage): void {
    const counters = this.countersOf(message.topic)[message.carrier];
    counters.received++;
    counters.bytesIn += message.size;
    if (message.reason === 'duplicate') counters.duplicates++;
    else if (message.verdict === 'accept') counters.accepted++;
    else if (message.verdict === 'ignore') counters.ignored++;
    else counters.rejected++;
    if (this.#recent.length < LIMITS.maxRecentMessages) {
      this.#recent.push(message);
    } else {
      this.#recent[this.#oldest] = message;
      this.#oldest = (this.#oldest + 1) % LIMITS.maxRecentMessages;
    }
  }

  /** Oldest first. */
  recent(): RecentMessage[] {
    return [...this.#recent.slice(this.#oldest), ...this.#recent.slice(0, this.#oldest)];
  }
}
