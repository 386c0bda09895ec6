import { TOPICS, type Topic, type WireMessage } from '../types/network.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import { LIMITS } from '../util/limits.ts';
import { LruCache } from '../util/lru-cache.ts';
import { contentId } from './content-id.ts';
import type { Carrier, Verdict } from './inbound-message.ts';

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

/** One message on its way out, its own or passed on; `id` hashes the content, so ask only for what is shown. */
export interface SentMessage {
  readonly id: () => Hash;
  readonly topic: Topic;
  readonly carrier: Carrier;
  readonly size: number;
  readonly counter: number;
  /** Peer ids: who gets it by push, or the mesh that it was handed to. */
  readonly to: readonly string[];
}

/** A message that this node made. */
export interface OwnMessage {
  readonly topic: Topic;
  readonly size: number;
  /** How often it was sent, to one peer or to many. */
  readonly sends: number;
  readonly firstMs: number;
}

/** A peer came into the mesh of a topic, or left it; `by` this node or the peer. */
export interface MeshChange {
  readonly kind: 'graft' | 'prune';
  readonly topic: Topic;
  readonly peerId: string;
  readonly by: 'self' | 'peer';
}

/** Sees each message as it comes and goes; what it does must be short and must not throw. */
export interface MessageWatcher {
  received(message: RecentMessage): void;
  sent(message: SentMessage): void;
  meshChanged(change: MeshChange): void;
}

export interface MeshPeerInfo {
  readonly peerId: string;
  readonly direction: 'inbound' | 'outbound';
  readonly sinceMs: number;
}

/** Peers that gossipsub holds apart from its meshes. */
export interface TopicHolds {
  /** Left the mesh a short time ago, and must not come into it before. */
  readonly backoff: readonly { readonly peerId: string; readonly untilMs: number }[];
  /** Get what this node publishes on a topic to which it is not subscribed. */
  readonly fanout: readonly string[];
}

/** What gossipsub keeps of a topic for peers that ask for it. */
export interface CacheInspection {
  /** Messages by heartbeats of age, youngest first. */
  readonly windows: readonly number[];
  /** Those whose handler has not answered yet. */
  readonly unvalidated: number;
  /** How often peers asked for one of them. */
  readonly asked: number;
}

export interface TopicInspection extends TopicHolds {
  readonly topic: Topic;
  /** The gossipsub topic. */
  readonly name: string;
  readonly subscribed: boolean;
  readonly mesh: readonly MeshPeerInfo[];
  readonly subscribers: readonly string[];
  readonly cache: CacheInspection;
  readonly statistics: Readonly<Record<Carrier, Readonly<CarrierCounters>>>;
}

/** What a peer's deeds on one topic add to its score, by gossipsub's names of the parts; penalties are never above zero. */
export interface TopicScore {
  readonly topic: Topic;
  readonly inMesh: boolean;
  /** P1, time in the mesh. */
  readonly timeInMesh: number;
  /** P2, messages that it brought first. */
  readonly firstDeliveries: number;
  /** P3, how much less it brought by the mesh than it should. */
  readonly deliveryDeficit: number;
  /** P3b, the deficits with which it left the mesh. */
  readonly meshFailures: number;
  /** P4, invalid messages. */
  readonly invalidMessages: number;
}

export interface PeerScore {
  /** As gossipsub last computed it: it may be a second older than the parts. */
  readonly total: number;
  readonly topics: readonly TopicScore[];
  /** Sum of all topics, capped. */
  readonly topicsTotal: number;
  /** P5, what the application adds. */
  readonly application: number;
  /** P6, too many peers at its address. */
  readonly ipColocation: number;
  /** P7, breaches of protocol. */
  readonly behaviourPenalty: number;
}

/** A part of the score that is always zero, because nothing is made of what it counts. */
export interface UnweightedPart {
  readonly name: 'P3' | 'P3b' | 'P5' | 'P6';
  readonly field: 'deliveryDeficit' | 'meshFailures' | 'application' | 'ipColocation';
  readonly reason: string;
}

export interface GossipInspection {
  readonly topics: readonly TopicInspection[];
  /** gossipsub's score per peer id. */
  readonly scores: Readonly<Record<string, PeerScore>>;
  readonly unweighted: readonly UnweightedPart[];
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
  /** By the sha256 of the content. */
  readonly #own = new LruCache<Hash, OwnMessage>(LIMITS.maxRecentMessages);
  readonly #watchers = new Set<MessageWatcher>();
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

  /** Whether anybody wants to hear of what is sent: otherwise nothing needs to be gathered for it. */
  get isWatched(): boolean {
    return this.#watchers.size > 0;
  }

  /** Returns the way to stop it. */
  watch(watcher: MessageWatcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Remembers a message that this node made, which never comes back to it as new. */
  made(topic: Topic, content: Uint8Array, atMs: number): void {
    const id = contentId(content);
    const { sends = 0, firstMs = atMs } = this.#own.get(id) ?? {};
    this.#own.set(id, { topic, size: content.length, sends: sends + 1, firstMs });
  }

  ownMessage(id: Hash): OwnMessage | undefined {
    return this.#own.get(id);
  }

  meshChanged(change: MeshChange): void {
    for (const watcher of this.#watchers) watcher.meshChanged(change);
  }

  /** Tells the watchers of a message that leaves; `published` counts it. */
  sent({ topic, counter, content }: WireMessage, carrier: Carrier, to: readonly string[]): void {
    const message = { id: () => contentId(content), topic, carrier, size: content.length, counter, to };
    for (const watcher of this.#watchers) watcher.sent(message);
  }

  received(message: RecentMessage): void {
    for (const watcher of this.#watchers) watcher.received(message);
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
