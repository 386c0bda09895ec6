import type { FastifyRequest } from 'fastify';
import type { Callers } from './callers.ts';
import { rpcError } from './errors.ts';
import type { Scope } from './schema/method.ts';

/** HTTP status of what refuses a GET request. */
export const REFUSAL_STATUS: Readonly<Record<string, number>> = {
  INVALID_PARAMS: 400,
  UNAUTHENTICATED: 401,
  SCOPE_MISSING: 403,
  RATE_LIMITED: 429,
};

/**
 * Lets a GET request in that costs as much as one call and needs the scope `read`; returns all that its caller has.
 * @throws NodeError UNAUTHENTICATED, SCOPE_MISSING, RATE_LIMITED
 */
export function admitReader(request: FastifyRequest, callers: Callers): ReadonlySet<Scope> {
  const { scopes, take } = callers.identify(request.raw);
  if (!scopes.has('read'))
    throw rpcError('SCOPE_MISSING', `${request.url.slice(0, 100)} needs the scope read`, {
      data: { needed: 'read' satisfies Scope, held: [...scopes] },
      hint: 'send Authorization: Bearer with a token that grants read (metanode node token create)',
    });
  const retryAfterMs = take(1);
  if (retryAfterMs > 0)
    throw rpcError('RATE_LIMITED', 'this caller asks too often', {
      data: { retryAfterMs },
      hint: 'retry after details.retryAfterMs',
    });
  return scopes;
}
