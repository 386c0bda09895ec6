import type { MethodName, MethodParams, MethodResult } from '../rpc/schema/methods.ts';
import type { ErrorObject } from '../rpc/schema/results.ts';
import { errorMessage, NodeError } from '../util/errors.ts';

export type ClientErrorCode = 'NOT_REACHABLE' | 'TIMED_OUT' | 'BAD_ANSWER';

export interface ClientOptions {
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof fetch;
  /** Sent with every request, such as a token. */
  readonly headers?: Readonly<Record<string, string>>;
  /** After this a request fails with TIMED_OUT. */
  readonly timeoutMs?: number;
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

export interface Client {
  readonly url: string;
  /**
   * Calls a method of the node.
   * @throws NodeError whose `code` is the reason that the node gave, or a ClientErrorCode
   */
  call<Name extends MethodName>(
    method: Name,
    ...rest: [...ParamsArgument<Name>, options?: CallOptions]
  ): Promise<MethodResult<Name>>;
  /** Calls several methods in one request. An outcome is the result or the error of its call, in order. */
  batch(calls: readonly BatchCall[], options?: CallOptions): Promise<PromiseSettledResult<unknown>[]>;
}

interface Answer {
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: ErrorObject;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const JSON_HEADERS = { 'content-type': 'application/json' };

/** A client of one node's JSON-RPC over HTTP; it runs in Node and in a browser. `url` is `http://host:port`. */
export function createClient(url: string, options: ClientOptions = {}): Client {
  const doFetch = options.fetch ?? fetch;
  let lastId = 0;

  const post = async (body: unknown, { signal, timeoutMs }: CallOptions): Promise<unknown> => {
    const limit = timeoutMs ?? options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const timeout = AbortSignal.timeout(limit);
    let text: string;
    try {
      const response = await doFetch(url, {
        method: 'POST',
        headers: { ...JSON_HEADERS, ...options.headers },
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
      if (!Array.isArray(answers)) return requests.map(() => settled(() => resultOf(url, answers)));
      const byId = new Map<unknown, unknown>(answers.map((answer: Answer) => [answer?.id, answer]));
      return requests.map(({ id }) => settled(() => resultOf(url, byId.get(id))));
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
  if (error !== undefined) throw errorOf(error);
  if (result === undefined) throw badAnswer(url, 'neither result nor error');
  return result;
}

/** The error that the node raised, with its reason as the code. */
function errorOf(error: ErrorObject): NodeError {
  const { reason, hint, details } = error.data ?? { reason: 'UNKNOWN', hint: null, details: {} };
  return new NodeError(reason, error.message, { data: details, ...(hint === null ? {} : { hint }) });
}

function notReachable(url: string, cause: unknown): NodeError<ClientErrorCode> {
  const message =
    cause instanceof Error && cause.cause !== undefined ? errorMessage(cause.cause) : errorMessage(cause);
  return new NodeError('NOT_REACHABLE', `no answer from ${url}: ${message}`, {
    data: { url },
    hint: 'is the node running, and is this its RPC address?',
    cause,
  });
}

function timedOut(url: string, timeoutMs: number): NodeError<ClientErrorCode> {
  return new NodeError('TIMED_OUT', `no answer from ${url} within ${timeoutMs} ms`, {
    data: { url, timeoutMs },
  });
}

function badAnswer(url: string, what: string, cause?: unknown): NodeError<ClientErrorCode> {
  return new NodeError('BAD_ANSWER', `${url} is no Metanode RPC: ${what}`, { data: { url }, cause });
}
