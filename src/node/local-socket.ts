import { lstat, unlink } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect } from 'node:net';
import { errorCode, errorMessage, NodeError } from '../util/errors.ts';

export type LocalSocketErrorCode = 'RPC_SOCKET_UNUSABLE';

/** Nobody but the owner of the process may connect. */
const SOCKET_UMASK = 0o177;
/** What fits into sockaddr_un on every system; a longer one would be cut off silently. */
const MAX_PATH_BYTES = 103;

/**
 * Serves HTTP on a socket in the file system that only its owner can open. A socket that a dead process left behind is
 * taken away; any other file is not.
 * @throws NodeError RPC_SOCKET_UNUSABLE
 */
export async function listenLocally(path: string, onRequest: RequestListener): Promise<Server> {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) throw unusable(path, 'the path is too long');
  await removeStale(path);
  const server = createServer(onRequest);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(unusable(path, errorMessage(cause), cause)));
    // The socket is made within this call, and never exists with other rights.
    const umask = process.umask(SOCKET_UMASK);
    try {
      server.listen(path, resolve);
    } finally {
      process.umask(umask);
    }
  });
  return server;
}

async function removeStale(path: string): Promise<void> {
  const entry = await lstat(path).catch(() => undefined);
  if (entry === undefined) return;
  if (!entry.isSocket()) throw unusable(path, 'there is another file of that name');
  if (await isServed(path)) throw unusable(path, 'another process serves it');
  await unlink(path);
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (error) => resolve(errorCode(error) !== 'ECONNREFUSED'));
  });
}

function unusable(path: string, why: string, cause?: unknown): NodeError<LocalSocketErrorCode> {
  return new NodeError('RPC_SOCKET_UNUSABLE', `cannot listen on ${path}: ${why}`, {
    data: { path },
    hint: 'give --rpc-socket a path of at most 103 bytes in a folder of your own',
    ...(cause === undefined ? {} : { cause }),
  });
}
