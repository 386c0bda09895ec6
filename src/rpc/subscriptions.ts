import { randomUUID } from 'node:crypto';
import { LIMITS } from '../util/limits.ts';
import { rpcError } from './errors.ts';
import type { Filter } from './schema/filters.ts';
import { SUBSCRIPTION_TOPICS, type SubscriptionTopic } from './schema/meta.ts';
import type { TopicSource } from './topic-source.ts';
import type { TopicSources } from './topic-sources.ts';

/** One event of one subscription; `content` is the text of a JSON member, `"data":…` or `"lagged":…`. */
export interface Notice {
  readonly id: string;
  readonly topic: SubscriptionTopic;
  readonly seq: number;
  readonly content: string;
}

/** Where the notices of one connection go. */
export interface NoticeSink {
  send(text: string): void;
  /** Bytes that the reader has not taken yet. */
  unreadBytes(): number;
  /** Makes the text of a notice; by default a JSON-RPC notification. */
  readonly form?: (notice: Notice) => string;
}

/** What a session may do with subscriptions. */
export interface SubscriptionDoor {
  /** The id of a new subscription to a topic, or to what fits the filter. @throws NodeError TOO_MANY_SUBSCRIPTIONS */
  subscribe<Topic extends SubscriptionTopic>(topic: Topic, filter?: Filter<Topic>): string;
  /** Whether there was such a subscription. */
  unsubscribe(id: string): boolean;
  close(): void;
}

interface Subscription {
  readonly id: string;
  readonly sink: NoticeSink;
  /** Events so far, dropped ones included. */
  seq: number;
  dropped: number;
}

/** Above this a reader counts as slow, and its notices are dropped and counted until it has caught up. */
const SLOW_READER_BYTES = 1024 * 1024;

/**
 * Sends what happens to all who asked for it. A topic is followed only while somebody subscribes to it. An event is
 * made into text once, whatever the number of readers; a slow reader costs a counter, and learns with its next notice
 * how many it missed.
 */
export class SubscriptionHub {
  readonly #sources: TopicSources;
  readonly #topics: ReadonlyMap<SubscriptionTopic, FollowedTopic>;
  /** One for each subscription with a filter: it has events of its own. */
  readonly #filtered = new Set<FollowedTopic>();

  constructor(sources: TopicSources) {
    this.#sources = sources;
    this.#topics = new Map(
      SUBSCRIPTION_TOPICS.map((topic) => [topic, new FollowedTopic(topic, sources[topic])]),
    );
  }

  /** The door of one connection; closing it ends its subscriptions. */
  open(sink: NoticeSink): SubscriptionDoor {
    const own = new Map<string, FollowedTopic>();
    return {
      subscribe: (name, filter) => {
        if (own.size >= LIMITS.maxSubscriptionsPerConnection)
          throw rpcError('TOO_MANY_SUBSCRIPTIONS', 'this connection has too many subscriptions', {
            data: { max: LIMITS.maxSubscriptionsPerConnection },
          });
        const id = randomUUID();
        const topic =
          filter === undefined ? (this.#topics.get(name) as FollowedTopic) : this.#narrowed(name, filter);
        own.set(id, topic);
        topic.add({ id, sink, seq: 0, dropped: 0 });
        return id;
      },
      unsubscribe: (id) => {
        this.#remove(own.get(id), id);
        return own.delete(id);
      },
      close: () => {
        for (const [id, topic] of own) this.#remove(topic, id);
        own.clear();
      },
    };
  }

  /** @throws NodeError TOO_MANY_SUBSCRIPTIONS */
  #narrowed<Topic extends SubscriptionTopic>(name: Topic, filter: Filter<Topic>): FollowedTopic {
    if (this.#filtered.size >= LIMITS.maxFilteredSubscriptions)
      throw rpcError('TOO_MANY_SUBSCRIPTIONS', 'this node has too many subscriptions with a filter', {
        data: { max: LIMITS.maxFilteredSubscriptions },
        hint: 'subscribe without a filter, and leave out at your end what does not fit',
      });
    const source: TopicSource<unknown, Filter<Topic>> = this.#sources[name];
    const topic = new FollowedTopic(name, {
      follow: (tell) => source.follow(tell, filter),
      current: () => source.current?.(filter) ?? [],
    });
    this.#filtered.add(topic);
    return topic;
  }

  #remove(topic: FollowedTopic | undefined, id: string): void {
    if (topic === undefined) return;
    topic.remove(id);
    this.#filtered.delete(topic);
  }

  close(): void {
    for (const topic of [...this.#topics.values(), ...this.#filtered]) topic.close();
    this.#filtered.clear();
  }
}

/** One topic and who subscribes to it. */
class FollowedTopic {
  readonly #name: SubscriptionTopic;
  readonly #source: TopicSource;
  readonly #subscriptions = new Map<string, Subscription>();
  #stop: (() => void) | undefined;

  constructor(name: SubscriptionTopic, source: TopicSource) {
    this.#name = name;
    this.#source = source;
  }

  add(subscription: Subscription): void {
    const { current = () => [] } = this.#source;
    const before = current();
    this.#subscriptions.set(subscription.id, subscription);
    this.#stop ??= this.#source.follow((makeData) => this.#publish(makeData));
    if (before.length === 0) return;
    // The reader must learn the id of its subscription first; what has passed meanwhile is not told.
    setImmediate(() => {
      if (!this.#subscriptions.has(subscription.id)) return;
      const still = new Set(current());
      for (const data of before) if (still.has(data)) this.#send(subscription, () => JSON.stringify(data));
    });
  }

  remove(id: string): void {
    this.#subscriptions.delete(id);
    if (this.#subscriptions.size === 0) this.close();
  }

  close(): void {
    this.#subscriptions.clear();
    this.#stop?.();
    this.#stop = undefined;
  }

  #publish(makeData: () => unknown): void {
    let text: string | undefined;
    const data = () => {
      text ??= JSON.stringify(makeData());
      return text;
    };
    for (const subscription of this.#subscriptions.values()) this.#send(subscription, data);
  }

  #send(subscription: Subscription, data: () => string): void {
    const seq = subscription.seq++;
    const { id, sink, dropped } = subscription;
    if (sink.unreadBytes() > SLOW_READER_BYTES) {
      subscription.dropped++;
      return;
    }
    const form = sink.form ?? notification;
    const topic = this.#name;
    if (dropped > 0) sink.send(form({ id, topic, seq, content: `"lagged":${dropped}` }));
    subscription.dropped = 0;
    sink.send(form({ id, topic, seq, content: `"data":${data()}` }));
  }
}

function notification({ id, seq, content }: Notice): string {
  return `{"jsonrpc":"2.0","method":"meta_subscription","params":{"subscription":"${id}","seq":${seq},${content}}}`;
}
