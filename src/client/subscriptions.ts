import type { FilterInput } from '../rpc/schema/filters.ts';
import type { SubscriptionTopic } from '../rpc/schema/meta.ts';
import type { NoticeData } from '../rpc/schema/notices.ts';
import type { ErrorObject } from '../rpc/schema/results.ts';
import { type ClientError, errorOfNode } from './client-error.ts';
import type { ClientSocket, OpenSocket } from './web-socket.ts';

/** How the client stands with its node. `attempt` counts what failed since it was last connected. */
export type LinkState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'disconnected'; readonly sinceMs: number; readonly attempt: number };

/** What a subscriber gets. */
export interface Subscriber<Topic extends SubscriptionTopic = SubscriptionTopic> {
  /** What of the topic is wanted, as `x-subscriptions` of the OpenRPC document says; without one all of it. */
  readonly filter?: FilterInput<Topic>;
  onData(data: NoticeData<Topic>): void;
  /** So many notices were dropped here, because this reader or its connection was too slow. */
  onLagged?(count: number): void;
  /** The node refused the subscription, for instance because a scope is missing. */
  onRefused?(error: ClientError): void;
}

export interface SubscriptionsOptions {
  /** `ws://…/ws`. */
  readonly url: string;
  readonly open: OpenSocket;
  readonly headers?: Readonly<Record<string, string>>;
  readonly onState?: (state: LinkState) => void;
  /** A number from 0 to 1 that spreads reconnections. */
  readonly jitter?: () => number;
}

/** A topic, or what a filter leaves of it. */
interface Topic {
  readonly name: SubscriptionTopic;
  readonly filter: object | undefined;
  // Each is for the notices of this topic.
  readonly subscribers: Set<Subscriber<never>>;
  /** The id that the node gave on this connection. */
  subscription: string | undefined;
}

interface Message {
  readonly id?: number | null;
  readonly result?: { readonly subscription?: string } | null;
  readonly error?: Partial<ErrorObject> | null;
  readonly method?: string;
  readonly params?: null | {
    readonly subscription: string;
    readonly data?: unknown;
    readonly lagged?: number;
  };
}

const OPEN = 1;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 5_000;
/** The node is asked for a sign of life this often; without one for `SILENCE_MS` the connection counts as dead. */
const PULSE_MS = 2_000;
const SILENCE_MS = 5_000;

/** How long to wait before the n-th attempt (from 0): twice as long each time, and somewhere in the upper half of it. */
export function retryDelayMs(attempt: number, jitter: number): number {
  const longest = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 10));
  return longest * (0.5 + jitter / 2);
}

function parseMessage(text: string): Message | undefined {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === 'object' && message !== null ? message : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Subscriptions over one WebSocket. It connects again by itself, subscribes again to whatever somebody still listens
 * to, and notices a connection that is open but silent. What happened while there was no connection is not told later.
 */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  /** By name and filter. */
  readonly #topics = new Map<string, Topic>();
  /** Subscriptions that were asked for and not answered, by the id of the call. */
  readonly #asked = new Map<number, string>();
  #state: LinkState = { kind: 'connecting' };
  #socket: ClientSocket | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pulse: ReturnType<typeof setInterval> | undefined;
  #lastId = 0;
  #heardMs = 0;
  #attempt = 0;
  #closed = false;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
    this.#connect();
  }

  /** Listens to a topic until the returned function is called. */
  subscribe<Name extends SubscriptionTopic>(name: Name, subscriber: Subscriber<Name>): () => void {
    const { filter } = subscriber;
    const key = filter === undefined ? name : `${name} ${JSON.stringify(filter)}`;
    let topic = this.#topics.get(key);
    if (topic === undefined) {
      topic = { name, filter, subscribers: new Set(), subscription: undefined };
      this.#topics.set(key, topic);
    }
    topic.subscribers.add(subscriber);
    // What was refused before is asked for once more: the node may think otherwise now.
    const isAsked = [...this.#asked.values()].includes(key);
    if (topic.subscription === undefined && !isAsked) this.#ask(key, topic);
    return () => this.#leave(key, subscriber);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#drop();
  }

  #setState(state: LinkState): void {
    this.#state = state;
    this.#options.onState?.(state);
  }

  #leave(key: string, subscriber: Subscriber<never>): void {
    const topic = this.#topics.get(key);
    if (topic === undefined || !topic.subscribers.delete(subscriber) || topic.subscribers.size > 0) return;
    this.#topics.delete(key);
    const { subscription } = topic;
    if (subscription !== undefined) this.#send('meta_unsubscribe', { subscription });
  }

  #connect(): void {
    const { open, url, headers } = this.#options;
    const socket = open(url, headers ?? {});
    this.#socket = socket;
    this.#heardMs = performance.now();
    socket.onopen = () => {
      this.#attempt = 0;
      this.#setState({ kind: 'live' });
      for (const [key, topic] of this.#topics) this.#ask(key, topic);
    };
    socket.onmessage = ({ data }) => {
      this.#heardMs = performance.now();
      const message = parseMessage(String(data));
      // Whoever speaks something else is no node, or not any more.
      if (message === undefined) this.#onClose();
      else this.#onMessage(message);
    };
    // What fails closes, too, and is tried again.
    socket.onerror = () => {};
    socket.onclose = () => this.#onClose();
    this.#pulse = setInterval(() => this.#beat(), PULSE_MS);
  }

  #beat(): void {
    if (performance.now() - this.#heardMs > SILENCE_MS) this.#onClose();
    else this.#send('net_version', {});
  }

  #onClose(): void {
    this.#drop();
    if (this.#closed) return;
    const before = this.#state;
    const sinceMs = before.kind === 'disconnected' ? before.sinceMs : Date.now();
    const attempt = this.#attempt++;
    this.#setState({ kind: 'disconnected', sinceMs, attempt: this.#attempt });
    const delayMs = retryDelayMs(attempt, (this.#options.jitter ?? Math.random)());
    this.#retry = setTimeout(() => this.#connect(), delayMs);
  }

  #drop(): void {
    clearInterval(this.#pulse);
    const socket = this.#socket;
    this.#socket = undefined;
    this.#asked.clear();
    for (const topic of this.#topics.values()) topic.subscription = undefined;
    if (socket === undefined) return;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    // `onerror` stays: closed before it was open the socket fails, which nobody needs to hear of.
    socket.close();
  }

  #ask(key: string, { name, filter }: Topic): void {
    const id = this.#send('meta_subscribe', { topic: name, ...(filter === undefined ? {} : { filter }) });
    if (id !== undefined) this.#asked.set(id, key);
  }

  #send(method: string, params: object): number | undefined {
    if (this.#socket?.readyState !== OPEN) return undefined;
    const id = ++this.#lastId;
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return id;
  }

  #onMessage({ id, result, error, method, params }: Message): void {
    if (method === 'meta_subscription' && params) this.#deliver(params);
    else if (typeof id === 'number') this.#onAnswer(id, result?.subscription, error ?? undefined);
  }

  #onAnswer(id: number, subscription: string | undefined, error: Partial<ErrorObject> | undefined): void {
    const key = this.#asked.get(id);
    if (key === undefined) return;
    this.#asked.delete(id);
    const topic = this.#topics.get(key);
    if (error !== undefined)
      for (const subscriber of [...(topic?.subscribers ?? [])]) subscriber.onRefused?.(errorOfNode(error));
    if (subscription === undefined) return;
    // Whoever asked may have left before the answer came, or two may have asked in turn.
    if (topic === undefined || topic.subscription !== undefined)
      this.#send('meta_unsubscribe', { subscription });
    else topic.subscription = subscription;
  }

  #deliver({ subscription, data, lagged }: NonNullable<Message['params']>): void {
    for (const topic of this.#topics.values()) {
      if (topic.subscription !== subscription) continue;
      for (const subscriber of [...topic.subscribers]) {
        if (lagged !== undefined) subscriber.onLagged?.(lagged);
        else subscriber.onData(data as never);
      }
    }
  }
}
