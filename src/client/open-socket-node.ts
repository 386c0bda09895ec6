import { WebSocket } from 'ws';
import type { OpenSocket } from './web-socket.ts';

/** Node.js 20 has no WebSocket of its own. */
export const openSocket: OpenSocket = (url, headers) =>
  new WebSocket(url, { headers }) as unknown as ReturnType<OpenSocket>;
