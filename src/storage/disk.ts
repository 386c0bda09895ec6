import { existsSync, fdatasyncSync, writeSync } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';

/** An open file. Callers await each method before they call the next. */
export interface DiskFile {
  readAll(): Promise<Uint8Array>;
  /** Writes all of the bytes; they survive a power failure only after `sync`. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  truncate(length: number): Promise<void>;
  /** Resolves when content and length survive a power failure. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * What the vote journal asks of a disk, one method for each step after which a machine may fail: tests put a disk in
 * its place that fails at every one of them, and forgets what was not synced.
 */
export interface Disk {
  exists(path: string): boolean;
  /** For reading and writing. @throws Error ENOENT */
  openExisting(path: string): Promise<DiskFile>;
  /** An empty file that only its owner can read, in the place of one that may be there. */
  create(path: string): Promise<DiskFile>;
  /** Atomic; it survives a power failure only after `syncDirectory`. */
  rename(from: string, to: string): Promise<void>;
  syncDirectory(path: string): Promise<void>;
}

export const fileSystem: Disk = {
  exists: existsSync,
  openExisting: async (path) => new RealFile(await open(path, 'r+')),
  create: async (path) => new RealFile(await open(path, 'w+', 0o600)),
  rename,
  syncDirectory: async (path) => {
    const directory = await open(path, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  },
};

/**
 * A vote waits for its record, and everyone else for the vote. So writing and syncing block the process for the
 * fraction of a millisecond that a disk takes: by way of another thread each costs two changes of threads, and on a
 * machine with more to do than cores a change costs a hundred times as much as the disk.
 */
class RealFile implements DiskFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async readAll(): Promise<Uint8Array> {
    // Plain bytes: what is decoded from a Buffer would be Buffers too.
    return new Uint8Array(await this.#handle.readFile());
  }

  /** One `write` may take fewer bytes than it was given. */
  async write(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(this.#handle.fd, bytes, done, bytes.length - done, position + done);
    }
  }

  async truncate(length: number): Promise<void> {
    await this.#handle.truncate(length);
  }

  async sync(): Promise<void> {
    // Syncs the length as well, which is all of the metadata that a reader needs.
    fdatasyncSync(this.#handle.fd);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
