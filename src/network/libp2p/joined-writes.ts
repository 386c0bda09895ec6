import type { ConnectionEncrypter, MessageStream } from '@libp2p/interface';

/** A list of chunks, as `uint8arraylist` has it. */
interface ChunkList {
  readonly byteLength: number;
  subarray(): Uint8Array;
  consume(bytes: number): void;
  append(chunk: Uint8Array): void;
}

/** What this module uses of a connection of `@libp2p/utils`. */
interface ChunkedConnection {
  sendData(chunks: ChunkList): unknown;
}

/**
 * Wraps an encrypter so that what it sends at once leaves in one write. noise hands a message over as two chunks, its
 * length and its ciphertext, and the TCP transport writes each by itself: two system calls and two packets for every
 * message. A connection of another kind is left as it is.
 */
export function joinWrites<Components>(
  create: (components: Components) => ConnectionEncrypter,
): (components: Components) => ConnectionEncrypter {
  return (components) => {
    const encrypter = create(components);
    const { secureInbound, secureOutbound } = encrypter;
    return Object.assign(encrypter, {
      secureInbound: ((connection, options) =>
        secureInbound.call(encrypter, joined(connection), options)) as typeof secureInbound,
      secureOutbound: ((connection, options) =>
        secureOutbound.call(encrypter, joined(connection), options)) as typeof secureOutbound,
    });
  };
}

function joined<Stream extends MessageStream>(connection: Stream): Stream {
  const candidate = connection as unknown as Partial<ChunkedConnection>;
  const sendData = candidate.sendData?.bind(connection);
  if (sendData === undefined) return connection;
  candidate.sendData = (chunks) => {
    const bytes = chunks.subarray();
    chunks.consume(chunks.byteLength);
    chunks.append(bytes);
    return sendData(chunks);
  };
  return connection;
}
