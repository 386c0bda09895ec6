import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LIMITS } from '../../util/limits.ts';

const PATHS: ReadonlySet<string> = new Set(['/metrics', '/livez', '/readyz']);
const REQUEST_TIMEOUT_MS = 10_000;

/** An address for whoever watches the node, with nothing of the JSON-RPC behind it. */
export interface MetricsListener {
  readonly url: string;
  close(): void;
}

/**
 * Serves metrics and health at an address of their own, by the rules of the interface that `onRequest` belongs to.
 * @throws the system error of an address that cannot be taken
 */
export async function listenForMetrics(
  { host, port }: { readonly host: string; readonly port: number },
  onRequest: RequestListener,
): Promise<MetricsListener> {
  const server: Server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    if (request.method === 'GET' && PATHS.has(path)) onRequest(request, response);
    else response.writeHead(404).end();
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.maxConnections = LIMITS.maxMetricsConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const bound = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound.port}/metrics`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
