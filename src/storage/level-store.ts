import { ClassicLevel } from 'classic-level';
import { plainBytes } from '../util/bytes.ts';
import { errorCode, errorMessage, NodeError } from '../util/errors.ts';
import type { StorageErrorCode } from './errors.ts';
import type { BatchOperation, KeyRange, KeyValue, KeyValueStore } from './key-value.ts';

const PAGE_ENTRIES = 1000;
/** LevelDB reads this far ahead; its default of 16 KiB would make pages of about a hundred leaves. */
const READ_AHEAD_BYTES = 512 * 1024;

type Level = ClassicLevel<Uint8Array, Uint8Array>;

/** A key-value store in a LevelDB directory, which one process at a time can open. */
export class LevelStore implements KeyValueStore {
  readonly #level: Level;

  private constructor(level: Level) {
    this.#level = level;
  }

  /**
   * Opens or creates the database in `directory`.
   * @throws NodeError STORE_LOCKED, STORE_CORRUPT, STORE_UNAVAILABLE
   */
  static async open(directory: string): Promise<LevelStore> {
    const level: Level = new ClassicLevel(directory, { keyEncoding: 'view', valueEncoding: 'view' });
    try {
      await level.open();
    } catch (error) {
      throw openError(directory, error);
    }
    return new LevelStore(level);
  }

  getSync(key: Uint8Array): Uint8Array | undefined {
    const value = this.#level.getSync(key);
    return value === undefined ? undefined : plainBytes(value);
  }

  async *pages(range: KeyRange): AsyncGenerator<readonly KeyValue[]> {
    const iterator = this.#level.iterator({ ...range, highWaterMarkBytes: READ_AHEAD_BYTES });
    try {
      for (;;) {
        const entries = await iterator.nextv(PAGE_ENTRIES);
        if (entries.length === 0) return;
        yield entries.map(([key, value]) => ({ key: plainBytes(key), value: plainBytes(value) }));
      }
    } finally {
      await iterator.close();
    }
  }

  approximateBytes({ gte, lt }: KeyRange): Promise<number> {
    return this.#level.approximateSize(gte, lt);
  }

  async batch(operations: readonly BatchOperation[], options: { readonly sync: boolean }): Promise<void> {
    const batch = this.#level.batch();
    for (const operation of operations) {
      if (operation.type === 'put') batch.put(operation.key, operation.value);
      else batch.del(operation.key);
    }
    // The chained batch is typed by abstract-level, whose write options do not know LevelDB's `sync`.
    const writeOptions: { sync: boolean } = { sync: options.sync };
    await batch.write(writeOptions);
  }

  close(): Promise<void> {
    return this.#level.close();
  }
}

function openError(directory: string, error: unknown): NodeError<StorageErrorCode> {
  const reason = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const data = { directory, reason: errorMessage(reason) };
  switch (errorCode(reason)) {
    case 'LEVEL_LOCKED':
      return new NodeError('STORE_LOCKED', `another process has the database ${directory} open`, {
        data,
        hint: 'stop the other node, or give this one a --data-dir of its own',
        cause: error,
      });
    case 'LEVEL_CORRUPTION':
      return new NodeError('STORE_CORRUPT', `the database ${directory} is damaged`, {
        data,
        hint: 'move the db folder away and let the node sync again; keep keys and journal',
        cause: error,
      });
    default:
      return new NodeError('STORE_UNAVAILABLE', `cannot open the database ${directory}: ${data.reason}`, {
        data,
        hint: 'check the path, its permissions and the free space of the disk',
        cause: error,
      });
  }
}
