import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { errorCode } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import type { Logger } from '../util/logger.ts';
import { AccessRules } from './access-rules.ts';
import { type AccessToken, type Caller, Callers } from './callers.ts';
import { addCrossOrigin } from './cross-origin.ts';
import { Dispatcher } from './dispatcher.ts';
import { errorObject, rpcError } from './errors.ts';
import { addEventStream } from './event-stream.ts';
import { createHandlers } from './handlers.ts';
import { EventCounts } from './metrics/event-counts.ts';
import { addMetrics } from './metrics/metrics-endpoint.ts';
import { listenForMetrics, type MetricsListener } from './metrics/metrics-listener.ts';
import { openRpcDocument } from './openrpc.ts';
import { addPage, type PageFile } from './page.ts';
import type { RpcPorts } from './ports/rpc-ports.ts';
import type { Scope } from './schema/method.ts';
import { SubscriptionHub } from './subscriptions.ts';
import { topicSources } from './topic-sources.ts';
import { SocketServer } from './web-socket.ts';

export interface RpcServerOptions {
  /** Interface to listen on; loopback unless a person says otherwise. */
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Names, besides loopback and `host`, under which clients may address this node; `*` allows all. */
  readonly hostAllowlist?: readonly string[];
  /** What a caller without a token may do. */
  readonly scopes?: readonly Scope[];
  /** Who shows one (`Authorization: Bearer …`) may also do what its scopes say; without any nobody may. */
  readonly tokens?: () => readonly AccessToken[];
  /** Calls per second of each token, and of each address without one; without it there is no bound. */
  readonly callsPerSecond?: number | undefined;
  /** Origins besides its own whose pages may call this node and read its answers; `*` allows all. */
  readonly crossOrigins?: readonly string[];
  /** Certificate and key, PEM: the interface then speaks HTTPS only. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  /** Opens a door that only the owner of the node can use; who comes through it may do everything without a token. */
  readonly listenLocally?: ((onRequest: RequestListener) => Promise<Server>) | undefined;
  /** A second address that serves metrics and health only, without TLS. */
  readonly metrics?: { readonly host: string; readonly port: number } | undefined;
  /** The built page for people, served at `/ui`; without it there is none. */
  readonly page?: readonly PageFile[];
  readonly logger: Logger;
}

export interface RpcServer {
  /** `http://host:port`; the WebSocket is at `/ws` of the same. */
  readonly url: string;
  /** Of the second address, if there is one. */
  readonly metricsUrl: string | undefined;
  readonly dispatcher: Dispatcher;
  /** Ends every call and connection. */
  close(): Promise<void>;
}

/** Scopes of a loopback testnet without tokens: everything but `admin`. */
export const OPEN_SCOPES: readonly Scope[] = ['read', 'write', 'debug'];

const REQUEST_TIMEOUT_MS = 30_000;
const JSON_TYPE = 'application/json; charset=utf-8';

/**
 * Starts the interface: JSON-RPC at POST `/` and the WebSocket `/ws`, events at `/events`, health at `/livez` and `/readyz`, metrics
 * at `/metrics`, its description at `/openrpc.json`, the page for people at `/ui`. The same is served on the local
 * socket, if there is to be one.
 * @throws NodeError of `listenLocally`
 */
export async function createRpcServer(ports: RpcPorts, options: RpcServerOptions): Promise<RpcServer> {
  const { logger, tls } = options;
  const access = new AccessRules(options.host, ownNames(options), options.crossOrigins ?? []);
  const callers = new Callers({
    openScopes: options.scopes ?? OPEN_SCOPES,
    tokens: options.tokens ?? (() => []),
    callsPerSecond: options.callsPerSecond,
    monotonicMs: ports.clock.monotonicMs,
  });
  const dispatcher = new Dispatcher({ handlers: createHandlers(ports), logger });
  const hub = new SubscriptionHub(topicSources(ports));
  const counts = new EventCounts(ports);
  const closing = new AbortController();
  // An HTTPS server differs from an HTTP server only in how it takes connections.
  const app = fastify({
    https: tls ?? null,
    bodyLimit: LIMITS.maxRpcBodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
  }) as unknown as FastifyInstance;
  app.server.maxConnections = LIMITS.maxRpcConnections;
  const sockets = new SocketServer({ access, callers, dispatcher, hub, logger, closing: closing.signal });
  sockets.attach(app.server);

  addErrorAnswers(app, logger);
  app.addHook('onRequest', async (request, reply) => {
    const refusal = callers.isTrusted(request.raw) ? undefined : access.refusalOf(request.headers);
    if (refusal !== undefined) await sendError(reply, 403, refusal);
  });
  addCrossOrigin(app, (origin) => access.isCrossOrigin(origin));
  // One parser for every content type: what a body is, only the JSON parser of the dispatcher decides.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  addDocuments(app, ports);
  addPage(app, options.page ?? []);
  addEventStream(app, { hub, callers, sendError });
  addMetrics(app, { sources: { ports, counts, calls: () => dispatcher.counts }, callers, sendError });
  addCalls(app, { callers, dispatcher, closing: closing.signal });

  await app.listen({ host: options.host, port: options.port });
  const local = await openLocalSocket(app, callers, sockets, options);
  const watched = await openMetrics(app, local, options);
  const { port } = app.server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  const url = `${tls === undefined ? 'http' : 'https'}://${host}:${port}`;
  logger.info({ url }, 'RPC listens');
  return {
    url,
    metricsUrl: watched?.url,
    dispatcher,
    close: async () => {
      closing.abort();
      hub.close();
      counts.close();
      sockets.close();
      watched?.close();
      closeLocal(local);
      await app.close();
    },
  };
}

function ownNames({ hostAllowlist = [], metrics }: RpcServerOptions): readonly string[] {
  return metrics === undefined ? hostAllowlist : [...hostAllowlist, metrics.host];
}

async function openLocalSocket(
  app: FastifyInstance,
  callers: Callers,
  sockets: SocketServer,
  { listenLocally }: RpcServerOptions,
): Promise<Server | undefined> {
  if (listenLocally === undefined) return undefined;
  try {
    const server = await listenLocally((request, response) => app.routing(request, response));
    server.maxConnections = LIMITS.maxRpcConnections;
    server.requestTimeout = REQUEST_TIMEOUT_MS;
    server.on('connection', (socket) => callers.trust(socket));
    sockets.attach(server);
    return server;
  } catch (error) {
    await app.close();
    throw error;
  }
}

async function openMetrics(
  app: FastifyInstance,
  local: Server | undefined,
  { metrics, logger }: RpcServerOptions,
): Promise<MetricsListener | undefined> {
  if (metrics === undefined) return undefined;
  try {
    const listener = await listenForMetrics(metrics, (request, response) => app.routing(request, response));
    logger.info({ url: listener.url }, 'metrics at an address of their own');
    return listener;
  } catch (error) {
    closeLocal(local);
    await app.close();
    throw error;
  }
}

function closeLocal(local: Server | undefined): void {
  local?.close();
  local?.closeAllConnections();
}

interface CallParts {
  readonly callers: Callers;
  readonly dispatcher: Dispatcher;
  readonly closing: AbortSignal;
}

function addCalls(app: FastifyInstance, { callers, dispatcher, closing }: CallParts): void {
  app.post('/', async (request, reply) => {
    let caller: Caller;
    try {
      caller = callers.identify(request.raw);
    } catch (error) {
      if (errorCode(error) !== 'UNAUTHENTICATED') throw error;
      return sendError(reply.header('www-authenticate', 'Bearer'), 401, error);
    }
    const take = (calls: number) => {
      const waitMs = caller.take(calls);
      if (waitMs > 0) reply.code(429).header('retry-after', Math.ceil(waitMs / 1000));
      return waitMs;
    };
    const signal = AbortSignal.any([closing, goneSignal(reply)]);
    const text = typeof request.body === 'string' ? request.body : '';
    const session = { scopes: caller.scopes, subscriptions: undefined, take };
    const answer = await dispatcher.handleText(text, { session, signal });
    return answer === undefined ? reply.code(204).send() : reply.type(JSON_TYPE).send(answer);
  });
}

/** Aborts when the connection is closed before the answer went out. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

function sendError(reply: FastifyReply, status: number, error: unknown): FastifyReply {
  return reply
    .code(status)
    .type(JSON_TYPE)
    .send(JSON.stringify({ jsonrpc: '2.0', id: null, error: errorObject(error) }));
}

function addErrorAnswers(app: FastifyInstance, logger: Logger): void {
  app.setNotFoundHandler((request: FastifyRequest, reply) =>
    sendError(
      reply,
      404,
      rpcError('ENDPOINT_NOT_FOUND', `there is no ${request.method} ${request.url.slice(0, 100)}`, {
        hint: 'POST JSON-RPC to /, connect a WebSocket to /ws, read /events?topics=newHeads, or GET /livez, /readyz or /metrics',
      }),
    ),
  );
  app.setErrorHandler((error: unknown, _request, reply) => {
    const code = errorCode(error);
    if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
      return sendError(
        reply,
        413,
        rpcError('REQUEST_TOO_LARGE', `a request has at most ${LIMITS.maxRpcBodyBytes} bytes`, {
          hint: 'split the batch',
        }),
      );
    const status = statusOf(error);
    if (status >= 500) {
      logger.error({ err: error }, 'RPC request failed');
      return sendError(reply, status, error);
    }
    return sendError(
      reply,
      status,
      rpcError('INVALID_REQUEST', 'the HTTP request is malformed', { data: { code } }),
    );
  });
}

function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return 500;
  return typeof error.statusCode === 'number' && error.statusCode >= 400 ? error.statusCode : 500;
}

function addDocuments(app: FastifyInstance, { node, chain }: RpcPorts): void {
  app.get('/openrpc.json', async () => openRpcDocument());
  app.get('/livez', async () => ({ live: true }));
  app.get('/readyz', async (_request, reply) => {
    const { ready, reason } = node.readiness();
    return reply.code(ready ? 200 : 503).send({ ready, reason: reason ?? null, height: chain.head().height });
  });
}
