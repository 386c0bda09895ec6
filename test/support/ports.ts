import { createServer } from 'node:net';

/** Below the range from which Linux takes ports for outgoing connections (32768 and above, ip-sysctl). */
const FIRST_PORT = 8_000;
/** Files that run at the same time are in different workers of mocha, and each worker has ports of its own. */
const PORTS_PER_WORKER = 4_000;
/** Beyond those of the workers are the ports of files that are run without any. */
const MAX_WORKERS = 5;
/** From the p2p port of a node to its RPC port, as in a testnet. */
export const RPC_OFFSET = 100;
const PORTS_OF_NETWORK = 2 * RPC_OFFSET;
const MOST_NODES = 24;

const { MOCHA_WORKER_ID } = process.env;
const worker = MOCHA_WORKER_ID === undefined ? MAX_WORKERS : Number(MOCHA_WORKER_ID) % MAX_WORKERS;
/** Two runs on one machine begin at different ones. */
let used = (process.ppid * 211) % PORTS_PER_WORKER;

function nextPorts(count: number): number {
  if (used + count > PORTS_PER_WORKER) used = 0;
  const first = FIRST_PORT + worker * PORTS_PER_WORKER + used;
  used += count;
  return first;
}

async function isFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

async function areFree(first: number, count: number): Promise<boolean> {
  for (let port = first; port < first + count; port++) if (!(await isFree(port))) return false;
  return true;
}

/** A loopback port that nobody listens on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = nextPorts(1);
    if (await isFree(port)) return port;
  }
}

/**
 * Where the ports of a few nodes begin: node k may listen on it + k, and its RPC `RPC_OFFSET` above. So does a testnet,
 * whose nodes count from 1.
 */
export async function freePortBase(): Promise<number> {
  for (;;) {
    const base = nextPorts(PORTS_OF_NETWORK);
    if ((await areFree(base, MOST_NODES)) && (await areFree(base + RPC_OFFSET, MOST_NODES))) return base;
  }
}
