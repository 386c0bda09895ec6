import type { OpenSocket } from './web-socket.ts';

/** A page cannot send headers with a WebSocket: it has the topics that need no token. */
export const openSocket: OpenSocket = (url) => new WebSocket(url) as unknown as ReturnType<OpenSocket>;
