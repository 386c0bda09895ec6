import type { Type } from '@chainsafe/ssz';
import type { Stream } from '@libp2p/interface';
import { lpStream } from '@libp2p/utils';
import { decode, encode } from '../types/ssz.ts';
import { plainBytes } from '../util/bytes.ts';

/** Length-prefixed SSZ messages over one short-lived stream. */
export interface WireStream {
  write<T>(type: Type<T>, value: T): Promise<void>;
  /** @throws NodeError MALFORMED_BYTES, or what libp2p says about a message above the bound or a stream that ended */
  read<T>(type: Type<T>, what: string): Promise<T>;
  /** Several messages in as few frames as they need. */
  writeAll(messages: readonly Uint8Array[]): Promise<void>;
  readBytes(): Promise<Uint8Array>;
}

/** `maxMessageBytes` bounds every message read, `maxTotalBytes` what may arrive unread. */
export function wireStream(
  stream: Stream,
  bounds: { maxMessageBytes: number; maxTotalBytes: number },
  signal: AbortSignal,
): WireStream {
  const messages = lpStream(stream, {
    maxDataLength: bounds.maxMessageBytes,
    maxBufferSize: bounds.maxTotalBytes,
  });
  return {
    write: (type, value) => messages.write(encode(type, value), { signal }),
    read: async (type, what) => decode(type, plainBytes((await messages.read({ signal })).subarray()), what),
    writeAll: (all) => messages.writeV([...all], { signal }),
    readBytes: async () => new Uint8Array((await messages.read({ signal })).subarray()),
  };
}
