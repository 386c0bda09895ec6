import type * as z from 'zod';
import { closestName } from '../util/closest-name.ts';
import { errorMessage } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import type { Logger } from '../util/logger.ts';
import { errorObject, isInternal, rpcError } from './errors.ts';
import { parseRequest } from './json.ts';
import type { CallCounts } from './metrics/metric.ts';
import type { Awaitable } from './ports/awaitable.ts';
import type { MethodSpec, Scope } from './schema/method.ts';
import { METHODS, type MethodName } from './schema/methods.ts';
import type { ErrorObject } from './schema/results.ts';
import type { SubscriptionDoor } from './subscriptions.ts';

/** Who asks: what it may do, and for a WebSocket where its notices go. One per request or connection. */
export interface Session {
  readonly scopes: ReadonlySet<Scope>;
  readonly subscriptions: SubscriptionDoor | undefined;
  /** Pays for so many calls: 0, or the milliseconds after which the caller may ask again. Absent without a bound. */
  readonly take?: (calls: number) => number;
}

export interface CallContext {
  readonly session: Session;
  /** Aborts when the caller is gone or the server closes. */
  readonly signal: AbortSignal;
}

export type Handler<Spec> =
  Spec extends MethodSpec<infer Params, infer Result>
    ? (params: z.output<Params>, context: CallContext) => Awaitable<z.input<Result>>
    : never;
export type Handlers<Specs> = { readonly [Name in keyof Specs]: Handler<Specs[Name]> };
export type AllHandlers = Handlers<typeof METHODS>;

export type RpcId = string | number | null;
export type RpcResponse =
  | { readonly jsonrpc: '2.0'; readonly id: RpcId; readonly result: unknown }
  | { readonly jsonrpc: '2.0'; readonly id: RpcId; readonly error: ErrorObject };

export interface DispatcherOptions {
  readonly handlers: AllHandlers;
  readonly logger: Logger;
  /** Bounds that tests make small; the defaults stand in LIMITS. */
  readonly maxConcurrency?: number;
  readonly maxWaits?: number;
  readonly maxResponseBytes?: number;
}

interface RpcRequest {
  readonly id: RpcId | undefined;
  readonly method: string;
  readonly params: unknown;
}

const METHOD_NAMES = Object.keys(METHODS);
const MAX_ID_LENGTH = 256;
/** Calls of one batch that are worked on at once. */
const BATCH_CONCURRENCY = 8;

/**
 * Turns JSON-RPC 2.0 text into text: the one way in for HTTP, WebSocket and in-process callers. It never throws; what
 * goes wrong becomes an error object. The caller's scopes, not the door, decide what a call may do.
 */
export class Dispatcher {
  readonly #handlers: AllHandlers;
  readonly #logger: Logger;
  readonly #maxConcurrency: number;
  readonly #maxWaits: number;
  readonly #maxResponseBytes: number;
  #running = 0;
  #waiting = 0;
  #handled = 0;
  #failed = 0;

  constructor(options: DispatcherOptions) {
    this.#handlers = options.handlers;
    this.#logger = options.logger;
    this.#maxConcurrency = options.maxConcurrency ?? LIMITS.maxRpcConcurrency;
    this.#maxWaits = options.maxWaits ?? LIMITS.maxRpcWaits;
    this.#maxResponseBytes = options.maxResponseBytes ?? LIMITS.maxRpcResponseBytes;
  }

  /** Calls since start, those answered with an error, and those without an answer yet. */
  get counts(): CallCounts {
    return { handled: this.#handled, failed: this.#failed, running: this.#running, waiting: this.#waiting };
  }

  /** The text of the answer, or undefined if there is none to give (notifications). */
  async handleText(text: string, context: CallContext): Promise<string | undefined> {
    let message: unknown;
    try {
      message = parseRequest(text);
    } catch (error) {
      return JSON.stringify(failure(null, error));
    }
    const calls = Array.isArray(message) ? Math.min(message.length, LIMITS.maxRpcBatch) : 1;
    const retryAfterMs = context.session.take?.(calls) ?? 0;
    if (retryAfterMs > 0)
      return JSON.stringify(
        failure(
          idOf(message) ?? null,
          rpcError('RATE_LIMITED', 'this caller asks too often', {
            data: { retryAfterMs },
            hint: 'wait for details.retryAfterMs; every call of a batch counts',
          }),
        ),
      );
    return Array.isArray(message) ? this.#handleBatch(message, context) : this.#handleOne(message, context);
  }

  /** Calls a method in process; the result is the value before it becomes text. @throws NodeError */
  async call(name: string, params: unknown, context: CallContext): Promise<unknown> {
    const method = findMethod(name);
    const spec: MethodSpec = METHODS[method];
    if (!context.session.scopes.has(spec.scope))
      throw rpcError('SCOPE_MISSING', `${method} needs the scope ${spec.scope}`, {
        data: { needed: spec.scope, held: [...context.session.scopes] },
        hint: `send Authorization: Bearer with a token that grants ${spec.scope} (metanode node token create)`,
      });
    const checked = checkParams(spec, params);
    const handler = this.#handlers[method] as (params: unknown, context: CallContext) => Awaitable<unknown>;
    return this.#admit(spec.waits === true, async () => handler(checked, context));
  }

  async #handleOne(message: unknown, context: CallContext): Promise<string | undefined> {
    let request: RpcRequest;
    try {
      request = readRequest(message);
    } catch (error) {
      return JSON.stringify(failure(idOf(message) ?? null, error));
    }
    const response = await this.#answer(request, context);
    return request.id === undefined ? undefined : response;
  }

  async #answer(request: RpcRequest, context: CallContext): Promise<string> {
    const id = request.id ?? null;
    this.#handled++;
    try {
      const result = await this.call(request.method, request.params, context);
      const text = JSON.stringify({ jsonrpc: '2.0', id, result: result ?? null });
      if (text.length > this.#maxResponseBytes) throw responseTooLarge(this.#maxResponseBytes);
      return text;
    } catch (error) {
      this.#failed++;
      if (isInternal(error))
        this.#logger.error({ method: request.method, err: error }, `RPC call failed: ${errorMessage(error)}`);
      return JSON.stringify(failure(id, error));
    }
  }

  async #handleBatch(messages: readonly unknown[], context: CallContext): Promise<string | undefined> {
    if (messages.length === 0)
      return JSON.stringify(failure(null, rpcError('INVALID_REQUEST', 'a batch holds at least one call')));
    if (messages.length > LIMITS.maxRpcBatch)
      return JSON.stringify(
        failure(
          null,
          rpcError('BATCH_TOO_LARGE', `a batch holds at most ${LIMITS.maxRpcBatch} calls`, {
            data: { calls: messages.length },
            hint: 'split the batch',
          }),
        ),
      );
    const answers: (string | undefined)[] = [];
    let bytes = 0;
    let next = 0;
    const work = async () => {
      for (let i = next++; i < messages.length; i = next++) {
        const room = this.#maxResponseBytes - bytes;
        let answer = room > 0 ? await this.#handleOne(messages[i], context) : undefined;
        if (room <= 0 || (answer !== undefined && bytes + answer.length > this.#maxResponseBytes)) {
          const id = idOf(messages[i]);
          answer =
            id === undefined
              ? undefined
              : JSON.stringify(failure(id, responseTooLarge(this.#maxResponseBytes)));
        }
        bytes += answer?.length ?? 0;
        answers[i] = answer;
      }
    };
    await Promise.all(Array.from({ length: Math.min(BATCH_CONCURRENCY, messages.length) }, work));
    const texts = answers.filter((answer) => answer !== undefined);
    return texts.length === 0 ? undefined : `[${texts.join(',')}]`;
  }

  /** Runs a call if there is room; waiting calls cost little, so they have a larger bound of their own. */
  async #admit<T>(waits: boolean, run: () => Promise<T>): Promise<T> {
    if (waits ? this.#waiting >= this.#maxWaits : this.#running >= this.#maxConcurrency)
      throw rpcError('RATE_LIMITED', 'the node works on too many calls', {
        data: { retryAfterMs: 1000 },
        hint: 'retry after details.retryAfterMs',
      });
    if (waits) this.#waiting++;
    else this.#running++;
    try {
      return await run();
    } finally {
      if (waits) this.#waiting--;
      else this.#running--;
    }
  }
}

function findMethod(name: string): MethodName {
  if (Object.hasOwn(METHODS, name)) return name as MethodName;
  const closest = closestName(name, METHOD_NAMES);
  throw rpcError('METHOD_NOT_FOUND', `there is no method ${name.slice(0, 80)}`, {
    hint: closest === undefined ? 'rpc_modules lists all methods' : `did you mean ${closest}?`,
  });
}

/** Params by name, or by position in the order of the schema's keys. @throws NodeError INVALID_PARAMS */
function checkParams(spec: MethodSpec, params: unknown): unknown {
  const names = Object.keys(spec.params.shape);
  let named = params ?? {};
  if (Array.isArray(named)) {
    if (named.length > names.length)
      throw rpcError('INVALID_PARAMS', `expected at most ${names.length} parameters`, {
        data: { path: 'params', expected: names },
      });
    named = Object.fromEntries(named.map((value, i) => [names[i], value]));
  }
  const parsed = spec.params.safeParse(named);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, 5).map((issue) => ({
    path: ['params', ...issue.path.map(String)].join('.'),
    message: issue.message.slice(0, 200),
  }));
  const [first] = issues;
  throw rpcError('INVALID_PARAMS', `${first?.path}: ${first?.message}`, {
    data: { path: first?.path, issues },
    hint: names.length === 0 ? 'this method takes no parameters' : `parameters: ${names.join(', ')}`,
  });
}

function idOf(message: unknown): RpcId | undefined {
  if (typeof message !== 'object' || message === null || !Object.hasOwn(message, 'id')) return undefined;
  const { id } = message as { id: unknown };
  return typeof id === 'number' || (typeof id === 'string' && id.length <= MAX_ID_LENGTH) ? id : null;
}

function readRequest(message: unknown): RpcRequest {
  const invalid = (what: string) =>
    rpcError('INVALID_REQUEST', `not a JSON-RPC 2.0 request: ${what}`, {
      hint: 'send {"jsonrpc":"2.0","id":1,"method":"rpc_modules"}',
    });
  if (typeof message !== 'object' || message === null || Array.isArray(message))
    throw invalid('expected an object');
  const { jsonrpc, id, method, params } = message as Record<string, unknown>;
  if (jsonrpc !== '2.0') throw invalid('jsonrpc is not "2.0"');
  if (typeof method !== 'string') throw invalid('method is not text');
  if (id !== undefined && id !== null && typeof id !== 'string' && typeof id !== 'number')
    throw invalid('id is not text, a number or null');
  if (typeof id === 'string' && id.length > MAX_ID_LENGTH) throw invalid('id is too long');
  if (params !== undefined && (typeof params !== 'object' || params === null))
    throw invalid('params is neither an object nor an array');
  return { id, method, params };
}

function responseTooLarge(maxBytes: number) {
  return rpcError('RESPONSE_TOO_LARGE', `the answer is larger than ${maxBytes} bytes`, {
    hint: 'ask for less: a lower limit, or fewer calls in the batch',
  });
}

function failure(id: RpcId, error: unknown): RpcResponse {
  return { jsonrpc: '2.0', id, error: errorObject(error) };
}
