import { dirname } from 'node:path';
import { concatBytes } from '../util/bytes.ts';
import { errorCode, NodeError } from '../util/errors.ts';
import type { Disk, DiskFile } from './disk.ts';
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
  readonly #disk: Disk;
  readonly #path: string;
  #file: DiskFile;
  #size: number;
  #nextSequence: number;

  private constructor(disk: Disk, path: string, file: DiskFile, size: number, nextSequence: number) {
    this.#disk = disk;
    this.#path = path;
    this.#file = file;
    this.#size = size;
    this.#nextSequence = nextSequence;
  }

  /**
   * Reads the whole file and makes durable what it found. A torn end is removed at once; damage is left to the caller, who must `replace` the file
   * before anything is appended.
   * @throws NodeError JOURNAL_MISSING, JOURNAL_DAMAGED
   */
  static async open(
    disk: Disk,
    path: string,
  ): Promise<{ file: JournalFile; head: JournalHead; scan: JournalScan }> {
    const file = await openExisting(disk, path);
    try {
      const bytes = await file.readAll();
      const head = decodeHead(bytes);
      const scan = scanRecords(bytes, head.firstSequence);
      if (scan.torn) await file.truncate(scan.end);
      // A process that was killed leaves records that only the operating system has, and a file whose new name only it
      // knows. What is sent again on the strength of such a record must be durable like everything that is sent.
      await file.sync();
      await disk.syncDirectory(dirname(path));
      const nextSequence = (scan.records.at(-1)?.sequence ?? head.firstSequence - 1) + 1;
      return { file: new JournalFile(disk, path, file, scan.end, nextSequence), head, scan };
    } catch (error) {
      await file.close();
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
    await this.#file.write(bytes, this.#size);
    await this.#file.sync();
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
    const replaced = this.#file;
    this.#file = await writeJournal(this.#disk, this.#path, bytes);
    this.#size = bytes.length;
    this.#nextSequence = firstSequence + payloads.length;
    await replaced.close();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** Writes a whole journal under a second name, then renames it, each step durable before the next. */
export async function writeJournal(disk: Disk, path: string, bytes: Uint8Array): Promise<DiskFile> {
  const temporary = `${path}.new`;
  const file = await disk.create(temporary);
  try {
    await file.write(bytes, 0);
    await file.sync();
    await disk.rename(temporary, path);
    await disk.syncDirectory(dirname(path));
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openExisting(disk: Disk, path: string): Promise<DiskFile> {
  try {
    return await disk.openExisting(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    throw new NodeError<StorageErrorCode>('JOURNAL_MISSING', `no vote journal at ${path}`, {
      data: { path },
      hint: 'restore the file, or start with --accept-lost-journal <height> if you are sure that this validator signed nothing from that height on',
    });
  }
}
