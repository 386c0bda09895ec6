/** A key with its value. Keys are ordered byte by byte, shorter first. */
export interface KeyValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export type BatchOperation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array };

/** Keys from `gte` (inclusive) to `lt` (exclusive), ascending. */
export interface KeyRange {
  readonly gte: Uint8Array;
  readonly lt: Uint8Array;
}

/**
 * What storage asks of a database: ordered keys, point reads and atomic batches. Two implementations pass one suite:
 * LevelStore on disk, MemoryStore for tests and simulations. Returned bytes belong to the caller.
 */
export interface KeyValueStore {
  /** Blocks the thread for one read: a few microseconds when cached. */
  getSync(key: Uint8Array): Uint8Array | undefined;
  /** A consistent view of the moment when iteration begins, in pages, because one promise per entry costs more than the entry. */
  pages(range: KeyRange): AsyncIterable<readonly KeyValue[]>;
  /** About how much the keys of a range and their values take on disk; what was written last may not be in it yet. */
  approximateBytes(range: KeyRange): Promise<number>;
  /** Applies all operations or none, in order. With `sync` it resolves only when they survive a power failure. */
  batch(operations: readonly BatchOperation[], options: { readonly sync: boolean }): Promise<void>;
  /** Waits for reads and writes under way. Nothing may be called afterwards. */
  close(): Promise<void>;
}

/** The range of all keys that begin with `prefix`, which must not be all 0xff. */
export function prefixRange(prefix: Uint8Array): KeyRange {
  const lt = prefix.slice();
  for (let i = lt.length - 1; i >= 0; i--) {
    const byte = lt[i] as number;
    if (byte < 0xff) {
      lt[i] = byte + 1;
      return { gte: prefix, lt: lt.subarray(0, i + 1) };
    }
  }
  throw new RangeError('a prefix of 0xff bytes has no end');
}
