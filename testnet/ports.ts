import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { NodeError } from '../src/util/errors.ts';
import type { TestnetErrorCode } from './directory.ts';

/** The ports of one node. */
export interface NodePorts {
  readonly p2p: number;
  readonly rpc: number;
}

/** RPC ports begin this far above the p2p ports. */
const RPC_OFFSET = 100;
const HOST = '127.0.0.1';

/** Listens once on `port` (0 = any free one) and returns the port, or undefined if it is taken. */
function probe(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ host: HOST, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}

/**
 * Ports for `count` nodes: p2p from base + 1, rpc from base + 101. With base 0 they are picked below the range from
 * which the kernel takes ports for outgoing connections, so that no connection of another node grabs one meanwhile.
 * @throws NodeError PORT_TAKEN naming the port and, where it can be seen, the process
 */
export async function choosePorts(base: number, count: number): Promise<NodePorts[]> {
  if (base === 0) return await freePorts(count);
  const ports = Array.from({ length: count }, (_, index) => ({
    p2p: base + index + 1,
    rpc: base + RPC_OFFSET + index + 1,
  }));
  for (const { p2p, rpc } of ports) for (const port of [p2p, rpc]) await assertFree(port);
  return ports;
}

async function assertFree(port: number): Promise<void> {
  if ((await probe(port)) !== undefined) return;
  const owner = await portOwner(port);
  throw new NodeError<TestnetErrorCode>(
    'PORT_TAKEN',
    `port ${port} is taken${owner === undefined ? '' : ` by ${owner}`}`,
    { data: { port }, hint: 'choose others with --port-base, or --port-base 0 for free ones' },
  );
}

const FREE_PORT_FIRST = 10_000;
const FREE_PORT_LAST = 31_999;

async function freePorts(count: number): Promise<NodePorts[]> {
  const found: number[] = [];
  const span = FREE_PORT_LAST - FREE_PORT_FIRST;
  let candidate = Math.floor(Math.random() * span);
  for (let tried = 0; tried < span && found.length < 2 * count; tried++) {
    const port = FREE_PORT_FIRST + (candidate++ % span);
    if ((await probe(port)) !== undefined) found.push(port);
  }
  if (found.length < 2 * count)
    throw new NodeError<TestnetErrorCode>(
      'PORT_TAKEN',
      `fewer than ${2 * count} free ports below ${FREE_PORT_LAST}`,
    );
  return Array.from({ length: count }, (_, index) => ({
    p2p: found[2 * index] as number,
    rpc: found[2 * index + 1] as number,
  }));
}

/** `node (pid 123)` for the process that listens on a port, where /proc tells (Linux, own processes). */
async function portOwner(port: number): Promise<string | undefined> {
  try {
    const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
    const table = await readFile('/proc/net/tcp', 'utf8');
    const inode = table
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .find((fields) => fields[1]?.endsWith(`:${hexPort}`) === true && fields[3] === '0A')?.[9];
    if (inode === undefined) return undefined;
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)))
      if (await hasSocket(pid, inode))
        return `${(await readFile(`/proc/${pid}/comm`, 'utf8')).trim()} (pid ${pid})`;
  } catch {
    return undefined; // no /proc, or the process went away meanwhile
  }
  return undefined;
}

async function hasSocket(pid: string, inode: string): Promise<boolean> {
  try {
    for (const descriptor of await readdir(`/proc/${pid}/fd`))
      if ((await readlink(`/proc/${pid}/fd/${descriptor}`)) === `socket:[${inode}]`) return true;
  } catch {
    return false; // another user's process
  }
  return false;
}
