import type { SubscriptionTopic } from '../../rpc/schema/meta.ts';
import { Store } from './store.ts';

/** How the page stands with its node. `attempt` counts what failed since it was last connected. */
export type LinkState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'disconnected'; readonly sinceMs: number; readonly attempt: number };

/** What a subscriber gets: the data of each notice, and how many it missed because it was too slow. */
export interface Subscriber {
  onData(data: unknown): void;
  onLagged?(count: number): void;
}

export interface LiveSocketOptions {
  /** `ws://…/ws`. */
  readonly url: string;
  readonly open?: (url: string) => WebSocket;
  /** A number from 0 to 1 that spreads reconnections. */
  readonly jitter?: () => number;
}

interface Topic {
  readonly subscribers: Set<Subscriber>;
  /** The id that the node gave on this connection. */
  subscription: string | undefined;
}

interface Message {
  readonly id?: number | null;
  readonly result?: { readonly subscription?: string };
  readonly method?: string;
  readonly params?: { readonly subscription: string; readonly data?: unknown; readonly lagged?: number };
}

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

/**
 * The subscriptions of the page over one WebSocket. It connects again by itself, subscribes again to whatever somebody
 * still listens to, and notices a connection that is open but silent.
 */
export class LiveSocket {
  readonly state = new Store<LinkState>({ kind: 'connecting' });
  readonly #options: Required<LiveSocketOptions>;
  readonly #topics = new Map<SubscriptionTopic, Topic>();
  /** Subscriptions that were asked for and not answered. */
  readonly #asked = new Map<number, SubscriptionTopic>();
  #socket: WebSocket | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pulse: ReturnType<typeof setInterval> | undefined;
  #lastId = 0;
  #heardMs = 0;
  #attempt = 0;
  #closed = false;

  constructor(options: LiveSocketOptions) {
    this.#options = { open: (url) => new WebSocket(url), jitter: Math.random, ...options };
    this.#connect();
  }

  /** Listens to a topic until the returned function is called. */
  subscribe(name: SubscriptionTopic, subscriber: Subscriber): () => void {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      topic = { subscribers: new Set(), subscription: undefined };
      this.#topics.set(name, topic);
      this.#ask(name);
    }
    topic.subscribers.add(subscriber);
    return () => this.#leave(name, subscriber);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#drop();
  }

  #leave(name: SubscriptionTopic, subscriber: Subscriber): void {
    const topic = this.#topics.get(name);
    if (topic === undefined || !topic.subscribers.delete(subscriber) || topic.subscribers.size > 0) return;
    this.#topics.delete(name);
    const { subscription } = topic;
    if (subscription !== undefined) this.#send('meta_unsubscribe', { subscription });
  }

  #connect(): void {
    const socket = this.#options.open(this.#options.url);
    this.#socket = socket;
    this.#heardMs = performance.now();
    socket.onopen = () => {
      this.#attempt = 0;
      this.state.set({ kind: 'live' });
      for (const name of this.#topics.keys()) this.#ask(name);
    };
    socket.onmessage = ({ data }) => {
      this.#heardMs = performance.now();
      this.#onMessage(JSON.parse(String(data)));
    };
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
    const before = this.state.value;
    const sinceMs = before.kind === 'disconnected' ? before.sinceMs : Date.now();
    const attempt = this.#attempt++;
    this.state.set({ kind: 'disconnected', sinceMs, attempt: this.#attempt });
    this.#retry = setTimeout(() => this.#connect(), retryDelayMs(attempt, this.#options.jitter()));
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
    // Closed before it was open it fails, which nobody needs to hear of.
    socket.onerror = () => {};
    socket.close();
  }

  #ask(name: SubscriptionTopic): void {
    const id = this.#send('meta_subscribe', { topic: name });
    if (id !== undefined) this.#asked.set(id, name);
  }

  #send(method: string, params: object): number | undefined {
    if (this.#socket?.readyState !== 1) return undefined;
    const id = ++this.#lastId;
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return id;
  }

  #onMessage({ id, result, method, params }: Message): void {
    if (method === 'meta_subscription' && params !== undefined) this.#deliver(params);
    else if (typeof id === 'number') this.#onAnswer(id, result?.subscription);
  }

  #onAnswer(id: number, subscription: string | undefined): void {
    const name = this.#asked.get(id);
    this.#asked.delete(id);
    if (name === undefined || subscription === undefined) return;
    const topic = this.#topics.get(name);
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
        else subscriber.onData(data);
      }
    }
  }
}
