import { dirname } from 'node:path';
import type { Random } from '../../src/sim/random.ts';
import type { Disk, DiskFile } from '../../src/storage/disk.ts';
import type { BatchOperation, KeyRange, KeyValue, KeyValueStore } from '../../src/storage/key-value.ts';
import { MemoryStore } from '../../src/storage/memory-store.ts';

/** What a machine does to its disk; it may fail before or after each. */
export type DiskStep =
  | 'open'
  | 'create'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'rename'
  | 'sync directory'
  | 'batch';

/** Dies at the `atStep`-th step from now, counted from 1, before it is done or right after. */
export interface FailPoint {
  readonly atStep: number;
  /** Counts only steps of this kind; without it, all. */
  readonly kind?: DiskStep;
  readonly when: 'before' | 'after';
}

/** One content of a file; a rename moves it, a new file under an old name is another one. */
interface Inode {
  content: Uint8Array;
  /** What a power failure leaves at least: later writes may be there in part. */
  durable: Uint8Array;
  unsynced: { readonly bytes: Uint8Array; readonly position: number }[];
}

/**
 * One power-on of a machine. Once it is dead nothing that it was about to do happens, and whatever waits for it waits
 * for ever, as in a process that is gone.
 */
class Life {
  readonly #onStep: (step: DiskStep) => FailPoint['when'] | undefined;
  isOver = false;

  constructor(onStep: (step: DiskStep) => FailPoint['when'] | undefined) {
    this.#onStep = onStep;
  }

  async do<T>(step: DiskStep, run: () => T | Promise<T>): Promise<T> {
    if (this.isOver) return await never();
    const dies = this.#onStep(step);
    if (dies === 'before') return await never();
    const result = await run();
    if (dies === 'after' || this.isOver) return await never();
    return result;
  }
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => {});
}

/**
 * A machine with a disk that behaves as disks do: what was written may be lost until it is synced, a renamed file may
 * have its old name again until its directory is synced, and of a write that was cut off any beginning may be there.
 */
export class FragileMachine {
  #life: Life | undefined;
  #failPoint: FailPoint | undefined;
  #onDeath: (step: DiskStep) => void = () => {};
  #files = new Map<string, Inode>();
  #durableFiles = new Map<string, Inode>();
  readonly #database = new MemoryStore();

  get isUp(): boolean {
    return this.#life !== undefined && !this.#life.isOver;
  }

  /** What is called when the fail point is reached, with the step. */
  arm(failPoint: FailPoint, onDeath: (step: DiskStep) => void): void {
    this.#failPoint = failPoint;
    this.#onDeath = onDeath;
  }

  /**
   * A process begins: its disk and its database, which are of no use to it after its death, and what
   * it asks after other work: a process that is dead hears no answer.
   */
  boot(): { disk: Disk; database: KeyValueStore; survive: () => Promise<void> } {
    if (this.#life !== undefined) this.#life.isOver = true;
    const life = new Life((step) => this.#failAt(step));
    this.#life = life;
    return {
      disk: this.#diskFor(life),
      database: databaseFor(life, this.#database),
      survive: () => (life.isOver ? never() : Promise.resolve()),
    };
  }

  /** The process ends at once; what it wrote is with the operating system. A fail point ends with it. */
  kill(): void {
    if (this.#life !== undefined) this.#life.isOver = true;
    this.#failPoint = undefined;
  }

  /** The power fails as well: only what was synced is sure to be there. */
  losePower(random: Random): void {
    this.kill();
    // Entries of a directory reach the disk in their order, or not at all.
    if (random.chance(0.5)) this.#files = new Map(this.#durableFiles);
    else this.#durableFiles = new Map(this.#files);
    for (const inode of new Set([...this.#files.values()])) {
      const whole = random.between(0, inode.unsynced.length);
      let content = inode.durable;
      for (const [index, { bytes, position }] of inode.unsynced.entries()) {
        if (index > whole) break;
        const part = index < whole ? bytes : bytes.subarray(0, random.between(0, bytes.length));
        content = written(content, part, position);
      }
      inode.content = content;
      inode.durable = content;
      inode.unsynced = [];
    }
  }

  /** What a power failure would leave of a file now. */
  durable(path: string): Uint8Array {
    return this.#durableFiles.get(path)?.durable ?? new Uint8Array(0);
  }

  #failAt(step: DiskStep): FailPoint['when'] | undefined {
    const failPoint = this.#failPoint;
    if (failPoint === undefined || (failPoint.kind ?? step) !== step) return undefined;
    this.#failPoint = { ...failPoint, atStep: failPoint.atStep - 1 };
    if (failPoint.atStep > 1) return undefined;
    this.#failPoint = undefined;
    // The step itself may still happen; whatever comes after it does not.
    if (failPoint.when === 'before') this.kill();
    queueMicrotask(() => this.#onDeath(step));
    return failPoint.when;
  }

  #diskFor(life: Life): Disk {
    return {
      exists: (path) => this.#files.has(path),
      openExisting: (path) =>
        life.do('open', () => {
          const inode = this.#files.get(path);
          if (inode === undefined) throw Object.assign(new Error(`no file ${path}`), { code: 'ENOENT' });
          return fileFor(life, inode);
        }),
      create: (path) =>
        life.do('create', () => {
          const inode = { content: new Uint8Array(0), durable: new Uint8Array(0), unsynced: [] };
          this.#files.set(path, inode);
          return fileFor(life, inode);
        }),
      rename: (from, to) =>
        life.do('rename', () => {
          const inode = this.#files.get(from);
          if (inode === undefined) throw Object.assign(new Error(`no file ${from}`), { code: 'ENOENT' });
          this.#files.delete(from);
          this.#files.set(to, inode);
        }),
      syncDirectory: (path) =>
        life.do('sync directory', () => {
          for (const name of [...this.#durableFiles.keys()])
            if (dirname(name) === path && !this.#files.has(name)) this.#durableFiles.delete(name);
          for (const [name, inode] of this.#files)
            if (dirname(name) === path) this.#durableFiles.set(name, inode);
        }),
    };
  }
}

function written(content: Uint8Array, bytes: Uint8Array, position: number): Uint8Array {
  const result = new Uint8Array(Math.max(content.length, position + bytes.length));
  result.set(content);
  result.set(bytes, position);
  return result;
}

function fileFor(life: Life, inode: Inode): DiskFile {
  return {
    readAll: async () => inode.content.slice(),
    write: (bytes, position) =>
      life.do('write', () => {
        inode.content = written(inode.content, bytes, position);
        inode.unsynced.push({ bytes: bytes.slice(), position });
      }),
    truncate: (length) =>
      life.do('truncate', () => {
        inode.content = inode.content.slice(0, length);
      }),
    sync: () =>
      life.do('sync', () => {
        inode.durable = inode.content;
        inode.unsynced = [];
      }),
    close: async () => {},
  };
}

/** Every batch of the store is synced and atomic, so a machine dies with all of it on disk or with nothing. */
function databaseFor(life: Life, database: MemoryStore): KeyValueStore {
  return {
    getSync: (key) => database.getSync(key),
    pages: (range: KeyRange): AsyncIterable<readonly KeyValue[]> => database.pages(range),
    approximateBytes: (range) => database.approximateBytes(range),
    batch: (operations: readonly BatchOperation[], options) =>
      life.do('batch', () => {
        if (!options.sync) throw new Error('this store is written with sync only');
        return database.batch(operations);
      }),
    close: async () => {},
  };
}
