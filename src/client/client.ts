import { openSocket } from '#web-socket';
import type { SubscriptionTopic } from '../rpc/schema/meta.ts';
import type { MethodName, MethodParams, MethodResult } from '../rpc/schema/methods.ts';
import type { ErrorObject } from '../rpc/schema/results.ts';
import { badAnswer, errorOfNode, notReachable, timedOut } from './client-error.ts';
import { type LinkState, type Subscriber, Subscriptions } from './subscriptions.ts';
import type { OpenSocket } from './web-socket.ts';

/** What the client needs of `fetch`. */
export type Fetch = (
  url: string,
  request: {
    readonly method: 'POST';
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly signal: AbortSignal;
  },
) => Promise<{ text(): Promise<string> }>;

export interface ClientOptions {
  /** Replaces the global `fetch`. */
  readonly fetch?: Fetch;
  /** Replaces the WebSocket of this platform. */
  readonly openSocket?: OpenSocket;
  /** Shown to the node with every request; what it grants adds to what is open to all. */
  readonly token?: string;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** After this a request fails with TIMED_OUT; 30 s if left out. */
  readonly timeoutMs?: number;
  /** Hears how the connection of the subscriptions fares. */
  readonly onState?: (state: LinkState) => void;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** Params may be left out of a method all of whose parameters are optional. */
type ParamsArgument<Name extends MethodName> =
  Record<string, never> extends MethodParams<Name>
    ? [params?: MethodParams<Name>]
    : [params: MethodParams<Name>];

/** One call of a batch. */
export type BatchCall = { [Name in MethodName]: { method: Name; params: MethodParams<Name> } }[MethodName];

/** The outcome of each call of a batch, in order. */
export type BatchOutcomes<Calls extends readonly BatchCall[]> = {
  -readonly [Index in keyof Calls]: PromiseSettledResult<MethodResult<Calls[Index]['method']>>;
};

export interface Client {
  readonly url: string;
  /**
   * Calls a method of the node.
   * @throws ClientError
   */
  call<Name extends MethodName>(
    method: Name,
    ...rest: [...ParamsArgument<Name>, options?: CallOptions]
  ): Promise<MethodResult<Name>>;
  /** Calls several methods in one request. An outcome is the result or the error of its call, in order. */
  batch<const Calls extends readonly BatchCall[]>(
    calls: Calls,
    options?: CallOptions,
  ): Promise<BatchOutcomes<Calls>>;
  /**
   * Listens to a topic until the returned function is called. The first subscription opens a WebSocket, which connects
   * again by itself.
   */
  subscribe<Topic extends SubscriptionTopic>(topic: Topic, subscriber: Subscriber<Topic>): () => void;
  /** Ends all subscriptions. */
  close(): void;
}

interface Answer {
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: Partial<ErrorObject> | null;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const JSON_HEADERS = { 'content-type': 'application/json' };

/** A client of one node's JSON-RPC; it runs in Node.js and in a browser. `url` is `http://host:port`. */
export function createClient(url: string, options: ClientOptions = {}): Client {
  // Called as a method of anything else, the fetch of a browser refuses.
  const doFetch: Fetch = options.fetch ?? ((...request) => fetch(...request));
  const headers = {
    ...options.headers,
    ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
  };
  let lastId = 0;
  let subscriptions: Subscriptions | undefined;

  const post = async (body: unknown, { signal, timeoutMs }: CallOptions): Promise<unknown> => {
    const limit = timeoutMs ?? options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const timeout = AbortSignal.timeout(limit);
    let text: string;
    try {
      const response = await doFetch(url, {
        method: 'POST',
        headers: { ...JSON_HEADERS, ...headers },
        body: JSON.stringify(body),
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      });
      text = await response.text();
    } catch (cause) {
      throw timeout.aborted ? timedOut(url, limit) : notReachable(url, cause);
    }
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw badAnswer(url, 'the answer is not JSON', cause);
    }
  };

  return {
    url,
    call: async (method, ...rest) => {
      const [params, callOptions] = rest as unknown as [unknown, CallOptions?];
      const id = ++lastId;
      const answer = await post({ jsonrpc: '2.0', id, method, params: params ?? {} }, callOptions ?? {});
      return resultOf(url, answer) as never;
    },
    batch: async (calls, callOptions = {}) => {
      const requests = calls.map(({ method, params }) => ({ jsonrpc: '2.0', id: ++lastId, method, params }));
      const answers = await post(requests, callOptions);
      if (!Array.isArray(answers)) return requests.map(() => settled(() => resultOf(url, answers))) as never;
      const byId = new Map<unknown, unknown>(answers.map((answer: Answer) => [answer?.id, answer]));
      return requests.map(({ id }) => settled(() => resultOf(url, byId.get(id)))) as never;
    },
    subscribe: (topic, subscriber) => {
      subscriptions ??= new Subscriptions({
        url: socketUrl(url),
        open: options.openSocket ?? openSocket,
        headers,
        ...(options.onState === undefined ? {} : { onState: options.onState }),
      });
      return subscriptions.subscribe(topic, subscriber);
    },
    close: () => {
      subscriptions?.close();
      subscriptions = undefined;
    },
  };
}

function settled(run: () => unknown): PromiseSettledResult<unknown> {
  try {
    return { status: 'fulfilled', value: run() };
  } catch (reason) {
    return { status: 'rejected', reason };
  }
}

function resultOf(url: string, answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null) throw badAnswer(url, 'no answer to the call');
  const { result, error } = answer as Answer;
  if (error !== undefined && error !== null) throw errorOfNode(error);
  if (result === undefined) throw badAnswer(url, 'neither result nor error');
  return result;
}

/** `http://host:port` has its WebSocket at `ws://host:port/ws`. */
function socketUrl(url: string): string {
  return `${url.replace(/^http/, 'ws').replace(/\/+$/, '')}/ws`;
}
