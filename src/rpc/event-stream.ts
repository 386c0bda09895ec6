import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errorCode } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import type { Callers } from './callers.ts';
import { rpcError } from './errors.ts';
import { parseRequest } from './json.ts';
import { admitReader, REFUSAL_STATUS } from './reader-admission.ts';
import type { Filter } from './schema/filters.ts';
import { SUBSCRIPTION_TOPICS, type SubscriptionTopic } from './schema/meta.ts';
import type { SubscriptionHub } from './subscriptions.ts';
import { filterOf } from './topic-filter.ts';
import { checkTopicScope } from './topic-scope.ts';

/** Readers see that the connection lives, and proxies do not close it. */
const HEARTBEAT_MS = 15_000;

export interface EventStreamParts {
  readonly hub: SubscriptionHub;
  readonly callers: Callers;
  readonly sendError: (reply: FastifyReply, status: number, error: unknown) => FastifyReply;
}

/**
 * What the WebSocket tells its subscribers, as server-sent events (HTML Standard §9.2) at
 * `GET /events?topics=newHeads,receipts`. An event is named after its topic and holds {subscription, seq, data}, or
 * {subscription, seq, lagged} for a reader that was too slow. `filter` is JSON with the filters of these topics, by name.
 */
export function addEventStream(app: FastifyInstance, { hub, callers, sendError }: EventStreamParts): void {
  app.get('/events', async (request, reply) => {
    try {
      const topics = admit(request, callers);
      reply.hijack();
      stream(reply, hub, topics);
      return reply;
    } catch (error) {
      return sendError(reply, REFUSAL_STATUS[errorCode(error) ?? ''] ?? 500, error);
    }
  });
}

interface Wish {
  readonly topic: SubscriptionTopic;
  readonly filter: Filter<SubscriptionTopic> | undefined;
}

function admit(request: FastifyRequest, callers: Callers): readonly Wish[] {
  const scopes = admitReader(request, callers);
  const { topics, filter } = request.query as Record<string, unknown>;
  const names = new Set(typeof topics === 'string' ? topics.split(',') : []);
  const known = SUBSCRIPTION_TOPICS.filter((topic) => names.has(topic));
  if (names.size === 0 || known.length < names.size)
    throw rpcError('INVALID_PARAMS', 'topics: expected names of topics, with commas between', {
      data: { path: 'topics' },
      hint: `GET /events?topics=newHeads; topics: ${SUBSCRIPTION_TOPICS.join(', ')}`,
    });
  for (const topic of known) checkTopicScope(topic, scopes);
  const filters = filter === undefined ? {} : filtersIn(filter, known);
  return known.map((topic) => ({ topic, filter: filterOf(topic, filters[topic], `filter.${topic}`) }));
}

/** @throws NodeError INVALID_PARAMS */
function filtersIn(text: unknown, topics: readonly SubscriptionTopic[]): Readonly<Record<string, unknown>> {
  let filters: unknown;
  try {
    if (typeof text === 'string' && text.length <= LIMITS.maxFilterTextBytes) filters = parseRequest(text);
  } catch {
    // Said below, with what is expected.
  }
  const names = typeof filters === 'object' && filters !== null ? Object.keys(filters) : undefined;
  if (names === undefined || names.some((name) => !topics.some((topic) => topic === name)))
    throw rpcError('INVALID_PARAMS', 'filter: expected JSON with a filter for each of some of the topics', {
      data: { path: 'filter' },
      hint: 'curl -N -G …/events -d topics=gossip --data-urlencode \'filter={"gossip":{"maxPerSecond":5}}\'',
    });
  return filters as Record<string, unknown>;
}

function stream(reply: FastifyReply, hub: SubscriptionHub, wishes: readonly Wish[]): void {
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
  write(`: ${wishes.map(({ topic }) => topic).join(' ')}\n\n`);
  for (const { topic, filter } of wishes) door.subscribe(topic, filter);
}
