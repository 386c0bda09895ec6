import { type FileHandle, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { concatBytes } from '../util/bytes.ts';
import { errorCode, NodeError } from '../util/errors.ts';
import type { StorageErrorCode } from './errors.ts';
import {
  decodeHead,
  encodeHead,
  frameRecord,
  type JournalHead,
  type JournalScan,
  scanRecords,
} from './journal-format.ts';

/** The file of a vote journal. Callers await each method before they call the next. */
export class JournalFile {
  readonly #path: string;
  #handle: FileHandle;
  #size: number;
  #nextSequence: number;

  private constructor(path: string, handle: FileHandle, size: number, nextSequence: number) {
    this.#path = path;
    this.#handle = handle;
    this.#size = size;
    this.#nextSequence = nextSequence;
  }

  /**
   * Reads the whole file. A torn end is removed at once; damage is left to the caller, who must `replace` the file
   * before anything is appended.
   * @throws NodeError JOURNAL_MISSING, JOURNAL_DAMAGED
   */
  static async open(path: string): Promise<{ file: JournalFile; head: JournalHead; scan: JournalScan }> {
    const handle = await openExisting(path);
    try {
      // Plain bytes: what is decoded from a Buffer would be Buffers too.
      const bytes = new Uint8Array(await handle.readFile());
      const head = decodeHead(bytes);
      const scan = scanRecords(bytes, head.firstSequence);
      if (scan.torn) {
        await handle.truncate(scan.end);
        await handle.sync();
      }
      const nextSequence = (scan.records.at(-1)?.sequence ?? head.firstSequence - 1) + 1;
      return { file: new JournalFile(path, handle, scan.end, nextSequence), head, scan };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Bytes, head included. */
  get size(): number {
    return this.#size;
  }

  /** Resolves when the records survive a power failure. After a rejection the file must not be used any more. */
  async append(payloads: readonly Uint8Array[]): Promise<void> {
    const bytes = concatBytes(...payloads.map((payload, i) => frameRecord(this.#nextSequence + i, payload)));
    await writeAll(this.#handle, bytes, this.#size);
    await this.#handle.datasync();
    this.#size += bytes.length;
    this.#nextSequence += payloads.length;
  }

  /** Puts a new file in the place of this one, atomically: a crash leaves the old one or the new one. */
  async replace(head: Omit<JournalHead, 'firstSequence'>, payloads: readonly Uint8Array[]): Promise<void> {
    const firstSequence = this.#nextSequence;
    const bytes = concatBytes(
      encodeHead({ ...head, firstSequence }),
      ...payloads.map((payload, i) => frameRecord(firstSequence + i, payload)),
    );
    const replaced = this.#handle;
    this.#handle = await writeJournal(this.#path, bytes);
    this.#size = bytes.length;
    this.#nextSequence = firstSequence + payloads.length;
    await replaced.close();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Writes a whole journal under a second name, then renames it, each step durable before the next. */
export async function writeJournal(path: string, bytes: Uint8Array): Promise<FileHandle> {
  const temporary = `${path}.new`;
  const handle = await open(temporary, 'w+', 0o600);
  try {
    await writeAll(handle, bytes, 0);
    await handle.sync();
    await rename(temporary, path);
    await syncDirectory(dirname(path));
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function openExisting(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    throw new NodeError<StorageErrorCode>('JOURNAL_MISSING', `no vote journal at ${path}`, {
      data: { path },
      hint: 'restore the file, or start with --accept-lost-journal <height> if you are sure that this validator signed nothing from that height on',
    });
  }
}

/** One `write` may take fewer bytes than it was given. */
async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** A created or renamed file is only durable once its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
