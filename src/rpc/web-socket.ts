import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { LIMITS } from '../util/limits.ts';
import type { Logger } from '../util/logger.ts';
import type { AccessRules } from './access-rules.ts';
import type { Caller, Callers } from './callers.ts';
import type { Dispatcher } from './dispatcher.ts';
import { errorObject, rpcError } from './errors.ts';
import type { SubscriptionHub } from './subscriptions.ts';

export interface SocketServerDeps {
  readonly access: AccessRules;
  readonly dispatcher: Dispatcher;
  readonly hub: SubscriptionHub;
  readonly callers: Callers;
  readonly logger: Logger;
  /** Aborts when the server closes. */
  readonly closing: AbortSignal;
}

/** Calls of one connection that are worked on at once; while there are as many, the connection is not read. */
const MAX_CALLS_PER_CONNECTION = 32;
const PING_INTERVAL_MS = 30_000;

/** JSON-RPC over WebSocket at `/ws`, on the HTTP server of the interface. */
export class SocketServer {
  readonly #deps: SocketServerDeps;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: LIMITS.maxRpcBodyBytes,
    perMessageDeflate: false,
  });
  readonly #unanswered = new WeakSet<WebSocket>();
  readonly #pinging: NodeJS.Timeout;

  constructor(deps: SocketServerDeps) {
    this.#deps = deps;
    this.#pinging = setInterval(() => this.#ping(), PING_INTERVAL_MS);
    this.#pinging.unref();
  }

  /** Takes the upgrades of this server. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head));
  }

  close(): void {
    clearInterval(this.#pinging);
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const { access, callers } = this.#deps;
    const refusal = callers.isTrusted(request) ? undefined : access.refusalOf(request.headers);
    if (refusal !== undefined) refuse(socket, '403 Forbidden', refusal);
    else if (request.url?.split('?')[0] !== '/ws')
      refuse(socket, '404 Not Found', rpcError('ENDPOINT_NOT_FOUND', 'the WebSocket is at /ws'));
    else
      try {
        const caller = callers.identify(request);
        this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#serve(webSocket, caller));
      } catch (error) {
        refuse(socket, '401 Unauthorized', error);
      }
  }

  #serve(socket: WebSocket, caller: Caller): void {
    const { dispatcher, hub, logger, closing } = this.#deps;
    const gone = new AbortController();
    const door = hub.open({
      send: (text) => this.#send(socket, text),
      unreadBytes: () => socket.bufferedAmount,
    });
    const context = {
      session: { scopes: caller.scopes, subscriptions: door, take: caller.take },
      signal: AbortSignal.any([closing, gone.signal]),
    };
    let calls = 0;
    const answer = async (text: string) => {
      if (++calls >= MAX_CALLS_PER_CONNECTION) socket.pause();
      try {
        const response = await dispatcher.handleText(text, context);
        if (response !== undefined) this.#send(socket, response);
      } catch (error) {
        logger.error({ err: error }, 'RPC call failed');
      } finally {
        if (--calls < MAX_CALLS_PER_CONNECTION && socket.readyState === socket.OPEN) socket.resume();
      }
    };
    socket.on('message', (data: RawData) => void answer(String(data)));
    socket.on('pong', () => this.#unanswered.delete(socket));
    socket.on('error', (error) => logger.debug({ err: error }, 'WebSocket closed'));
    socket.on('close', () => {
      gone.abort();
      door.close();
    });
  }

  /** A reader that leaves too much unread is cut off: it costs this node memory. */
  #send(socket: WebSocket, text: string): void {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > LIMITS.maxRpcUnreadBytes) socket.terminate();
    else
      socket.send(text, (error) => {
        if (error) socket.terminate();
      });
  }

  /** Cuts off connections that did not answer the last ping. */
  #ping(): void {
    for (const socket of this.#sockets.clients) {
      if (this.#unanswered.has(socket)) socket.terminate();
      else {
        this.#unanswered.add(socket);
        socket.ping();
      }
    }
  }
}

function refuse(socket: Duplex, status: string, error: unknown): void {
  const body = JSON.stringify({ jsonrpc: '2.0', id: null, error: errorObject(error) });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
