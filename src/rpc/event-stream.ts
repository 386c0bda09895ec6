import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errorCode } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import type { Callers } from './callers.ts';
import { rpcError } from './errors.ts';
import { SUBSCRIPTION_TOPICS, type SubscriptionTopic } from './schema/meta.ts';
import type { Scope } from './schema/method.ts';
import type { SubscriptionHub } from './subscriptions.ts';
import { checkTopicScope } from './topic-scope.ts';

/** Readers see that the connection lives, and proxies do not close it. */
const HEARTBEAT_MS = 15_000;

/** HTTP status of what refuses a stream. */
const STATUS: Readonly<Record<string, number>> = {
  INVALID_PARAMS: 400,
  UNAUTHENTICATED: 401,
  SCOPE_MISSING: 403,
  RATE_LIMITED: 429,
};

export interface EventStreamParts {
  readonly hub: SubscriptionHub;
  readonly callers: Callers;
  readonly sendError: (reply: FastifyReply, status: number, error: unknown) => FastifyReply;
}

/**
 * What the WebSocket tells its subscribers, as server-sent events (HTML Standard §9.2) at
 * `GET /events?topics=newHeads,receipts`. An event is named after its topic and holds {subscription, seq, data}, or
 * {subscription, seq, lagged} for a reader that was too slow.
 */
export function addEventStream(app: FastifyInstance, { hub, callers, sendError }: EventStreamParts): void {
  app.get('/events', async (request, reply) => {
    try {
      const topics = admit(request, callers);
      reply.hijack();
      stream(reply, hub, topics);
      return reply;
    } catch (error) {
      return sendError(reply, STATUS[errorCode(error) ?? ''] ?? 500, error);
    }
  });
}

function admit(request: FastifyRequest, callers: Callers): readonly SubscriptionTopic[] {
  const { scopes, take } = callers.identify(request.raw);
  if (!scopes.has('read'))
    throw rpcError('SCOPE_MISSING', 'events need the scope read', {
      data: { needed: 'read' satisfies Scope, held: [...scopes] },
    });
  const retryAfterMs = take(1);
  if (retryAfterMs > 0)
    throw rpcError('RATE_LIMITED', 'this caller asks too often', { data: { retryAfterMs } });
  const { topics } = request.query as Record<string, unknown>;
  const names = new Set(typeof topics === 'string' ? topics.split(',') : []);
  const known = SUBSCRIPTION_TOPICS.filter((topic) => names.has(topic));
  if (names.size === 0 || known.length < names.size)
    throw rpcError('INVALID_PARAMS', 'topics: expected names of topics, with commas between', {
      data: { path: 'topics' },
      hint: `GET /events?topics=newHeads; topics: ${SUBSCRIPTION_TOPICS.join(', ')}`,
    });
  for (const topic of known) checkTopicScope(topic, scopes);
  return known;
}

function stream(reply: FastifyReply, hub: SubscriptionHub, topics: readonly SubscriptionTopic[]): void {
  const { raw } = reply;
  const write = (text: string) => {
    if (raw.writableLength > LIMITS.maxRpcUnreadBytes) raw.destroy();
    else raw.write(text);
  };
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) raw.setHeader(name, value);
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const door = hub.open({
    send: write,
    unreadBytes: () => raw.writableLength,
    form: ({ id, topic, seq, content }) =>
      `event: ${topic}\ndata: {"subscription":"${id}","seq":${seq},${content}}\n\n`,
  });
  const heartbeat = setInterval(() => write(': heartbeat\n\n'), HEARTBEAT_MS);
  heartbeat.unref();
  raw.on('error', () => raw.destroy());
  raw.once('close', () => {
    clearInterval(heartbeat);
    door.close();
  });
  write(`: ${topics.join(' ')}\n\n`);
  for (const topic of topics) door.subscribe(topic);
}
