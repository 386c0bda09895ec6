import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { WebSocket } from 'ws';
import type { ClientOptions, Fetch } from '../client/client.ts';
import type { OpenSocket } from '../client/web-socket.ts';

/** How a node is reached where a plain URL does not say it. */
export interface Route {
  /** Path of the local socket of a node. */
  readonly socketPath?: string;
  /** PEM: the certificates that the node's own may be signed by, in place of those that the system trusts. */
  readonly ca?: string;
}

/** Carries the requests of a client over a local socket, or over TLS with certificates of our own. */
export function transportOver(route: Route): Required<Pick<ClientOptions, 'fetch' | 'openSocket'>> {
  return { fetch: fetchOver(route), openSocket: openSocketOver(route) };
}

function fetchOver(route: Route): Fetch {
  return (url, { body, ...options }) =>
    new Promise((resolve, reject) => {
      const request = url.startsWith('https:') ? httpsRequest : httpRequest;
      const outgoing = request(url, { ...route, ...options, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => resolve({ text: async () => Buffer.concat(chunks).toString('utf8') }));
      });
      outgoing.once('error', reject);
      outgoing.end(body);
    });
}

function openSocketOver({ socketPath, ca }: Route): OpenSocket {
  return (url, headers) =>
    new WebSocket(socketPath === undefined ? url : `ws+unix:${socketPath}:/ws`, {
      headers,
      ...(ca === undefined ? {} : { ca }),
    }) as unknown as ReturnType<OpenSocket>;
}
