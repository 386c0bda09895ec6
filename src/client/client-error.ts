import type { ErrorObject } from '../rpc/schema/results.ts';
import { errorMessage, NodeError } from '../util/errors.ts';

/** What goes wrong without an answer of the node. */
export type ClientErrorCode = 'NOT_REACHABLE' | 'TIMED_OUT' | 'BAD_ANSWER';

/**
 * Why a call failed. `reason` is stable (an RPC reason that the node gave, or a ClientErrorCode), `hint` says what can
 * be done, `data` holds the details.
 */
export class ClientError extends NodeError {
  /** Code of the JSON-RPC error; undefined if the node did not answer. */
  readonly rpcCode: number | undefined;

  constructor(
    reason: string,
    message: string,
    options: { data?: Record<string, unknown>; hint?: string; cause?: unknown; rpcCode?: number } = {},
  ) {
    super(reason, message, options);
    this.name = 'ClientError';
    this.rpcCode = options.rpcCode;
  }

  get reason(): string {
    return this.code;
  }
}

/** The error that a node raised, or whatever stands in its place. */
export function errorOfNode(error: Partial<ErrorObject>): ClientError {
  const { reason, hint, details }: Partial<ErrorObject['data']> = error.data ?? {};
  return new ClientError(typeof reason === 'string' ? reason : 'UNKNOWN', String(error.message), {
    ...(typeof details === 'object' ? { data: details } : {}),
    ...(typeof error.code === 'number' ? { rpcCode: error.code } : {}),
    ...(typeof hint === 'string' ? { hint } : {}),
  });
}

export function notReachable(url: string, cause: unknown): ClientError {
  const reason = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
  return clientError('NOT_REACHABLE', `no answer from ${url}: ${errorMessage(reason)}`, {
    data: { url },
    hint: 'is the node running, and is this its RPC address?',
    cause,
  });
}

export function timedOut(url: string, timeoutMs: number): ClientError {
  return clientError('TIMED_OUT', `no answer from ${url} within ${timeoutMs} ms`, {
    data: { url, timeoutMs },
  });
}

export function badAnswer(url: string, what: string, cause?: unknown): ClientError {
  return clientError('BAD_ANSWER', `${url} is no Metanode RPC: ${what}`, { data: { url }, cause });
}

function clientError(
  code: ClientErrorCode,
  message: string,
  options: { data: Record<string, unknown>; hint?: string; cause?: unknown },
): ClientError {
  return new ClientError(code, message, options);
}
