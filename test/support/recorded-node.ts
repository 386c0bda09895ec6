import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Example } from './rpc-examples.ts';

const EXAMPLES: Readonly<Record<string, Example>> = JSON.parse(
  readFileSync(new URL('../../src/rpc/schema/examples.json', import.meta.url), 'utf8'),
);

/** What the documentation of the RPC gives as the parameters of a method. */
export function exampleParams(method: string): Record<string, string> {
  return (EXAMPLES[method]?.params ?? {}) as Record<string, string>;
}

/** Who asks for the next page would get the same one for ever. */
function lastPage(result: unknown): unknown {
  const isPage = typeof result === 'object' && result !== null && 'nextCursor' in result;
  return isPage ? { ...result, nextCursor: null } : result;
}

/** A server that answers each method with the answer that the documentation of the RPC gives, whatever it is asked. */
export class RecordedNode {
  readonly url: string;
  /** The methods that it was asked for. */
  readonly asked = new Set<string>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += String(chunk);
      });
      request.on('end', () => {
        const { id, method } = JSON.parse(text) as { id: number; method: string };
        this.asked.add(method);
        const result = lastPage(EXAMPLES[method]?.result);
        const error = { code: -32601, message: method, data: { reason: 'METHOD_NOT_FOUND' } };
        const answer = result === undefined ? { error } : { result };
        response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
      });
    });
  }

  static async listen(): Promise<RecordedNode> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new RecordedNode(server);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
