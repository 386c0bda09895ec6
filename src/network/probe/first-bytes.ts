import { lookup } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';
import type { Multiaddr } from '@multiformats/multiaddr';
import { errorCode, errorMessage } from '../../util/errors.ts';
import { LIMITS } from '../../util/limits.ts';
import { ProbeFailure } from './probe-step.ts';

/** First line of multistream-select in both directions, with its length before it (github.com/multiformats/multistream-select). */
const MULTISTREAM = Buffer.from('\x13/multistream/1.0.0\n', 'latin1');
/** A node with a swarm key begins with its nonce, unasked (libp2p specs, pnet/Private-Networks-PSK-V1.md). */
const NONCE_BYTES = 24;
const UNASKED_WAIT_MS = 1500;

/** Host and port of a multiaddr, and whether the host is a name. */
export function endpointOf(address: Multiaddr): {
  host: string;
  port: number;
  family: 0 | 4 | 6 | undefined;
} {
  const [host, transport] = address.getComponents();
  const families = { dns: 0, dns4: 4, dns6: 6 } as const;
  const family = families[host?.name as keyof typeof families];
  return { host: host?.value ?? '', port: Number(transport?.value), family };
}

/** @throws ProbeFailure NAME_NOT_FOUND */
export async function resolveName(name: string, family: 0 | 4 | 6): Promise<string[]> {
  try {
    return (await lookup(name, { all: true, family })).map(({ address }) => address);
  } catch (error) {
    throw new ProbeFailure('NAME_NOT_FOUND', `${name}: ${errorMessage(error)}`);
  }
}

const TCP_REASONS: Readonly<Record<string, 'CONNECTION_REFUSED' | 'CONNECT_TIMED_OUT' | 'HOST_UNREACHABLE'>> =
  {
    ECONNREFUSED: 'CONNECTION_REFUSED',
    ETIMEDOUT: 'CONNECT_TIMED_OUT',
    EHOSTUNREACH: 'HOST_UNREACHABLE',
    ENETUNREACH: 'HOST_UNREACHABLE',
    EADDRNOTAVAIL: 'HOST_UNREACHABLE',
  };

/** Opens a TCP connection. @throws ProbeFailure */
export async function openTcp(host: string, port: number): Promise<Socket> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const fail = (reason: 'CONNECTION_REFUSED' | 'CONNECT_TIMED_OUT' | 'HOST_UNREACHABLE', why: string) => {
      socket.destroy();
      reject(new ProbeFailure(reason, `${host} port ${port}: ${why}`));
    };
    socket.setTimeout(LIMITS.probeTimeoutMs, () =>
      fail('CONNECT_TIMED_OUT', `no connection within ${LIMITS.probeTimeoutMs} ms`),
    );
    socket.once('error', (error) =>
      fail(TCP_REASONS[errorCode(error) ?? ''] ?? 'HOST_UNREACHABLE', errorMessage(error)),
    );
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.removeAllListeners('error');
      socket.on('error', () => undefined); // whoever reads hears of the end by 'close'
      resolve(socket);
    });
  });
}

/**
 * Whether the node behind the socket uses a swarm key, by what it says first. The socket is closed afterwards.
 * @throws ProbeFailure NO_ANSWER
 */
export async function usesSwarmKey(socket: Socket): Promise<boolean> {
  try {
    const unasked = await firstBytes(socket, NONCE_BYTES, UNASKED_WAIT_MS);
    if (unasked.length === NONCE_BYTES) return true;
    if (unasked.length > 0 || socket.destroyed)
      throw new ProbeFailure('NO_ANSWER', 'what listens there talks at once or ends the connection');
    socket.write(MULTISTREAM);
    const answer = await firstBytes(socket, MULTISTREAM.length, LIMITS.probeTimeoutMs);
    if (answer.subarray(0, MULTISTREAM.length).equals(MULTISTREAM)) return false;
    throw new ProbeFailure('NO_ANSWER', 'what answers does not speak multistream-select');
  } finally {
    socket.destroy();
  }
}

/** What arrives until there is enough to judge, the connection ends or the time is over. */
async function firstBytes(socket: Socket, enough: number, withinMs: number): Promise<Buffer> {
  return await new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const end = () => {
      clearTimeout(timer);
      socket.off('data', add);
      socket.off('close', end);
      resolve(received);
    };
    const add = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= enough) end();
    };
    const timer = setTimeout(end, withinMs);
    socket.on('data', add);
    socket.once('close', end);
  });
}
