import { createHash } from 'node:crypto';
import { type FileHandle, link, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileSystem } from '../../storage/disk.ts';
import { equalBytes, utf8 } from '../../util/bytes.ts';
import { errorCode, errorMessage, NodeError } from '../../util/errors.ts';
import { LIMITS } from '../../util/limits.ts';

/**
 * A file of records: a line that names its kind, then for each record its length (u32, big-endian) and its bytes,
 * then the length 0 and the SHA-256 of everything before. The hash finds damage; whether a file tells the truth only
 * the certificates in it say.
 */
export type RecordKind = 'snapshot' | 'blocks';

export type RecordFileErrorCode =
  /** There is one of that name already. */
  | 'FILE_EXISTS'
  | 'FILE_UNREADABLE'
  | 'FILE_UNWRITABLE'
  /** What stands in one record has grown beyond what a reader would take. */
  | 'RECORD_TOO_LARGE'
  /** Not of that kind, cut off, too large, or more than it says. */
  | 'FILE_MALFORMED'
  /** Its bytes are not those that were written. */
  | 'FILE_DAMAGED';

/** Blocks are worked off one by one, so there may be any number of them. */
const MAX_BYTES: Record<RecordKind, number> = {
  snapshot: LIMITS.maxSnapshotBytes,
  blocks: Number.MAX_SAFE_INTEGER,
};
const HASH_BYTES = 32;
const LENGTH_BYTES = 4;

function firstLine(kind: RecordKind): Uint8Array {
  return utf8(`metanode-${kind}/1\n`);
}

/**
 * Writes a file that has its name only when it is complete and on disk; one that has the name already stays.
 * @throws NodeError FILE_EXISTS, FILE_UNWRITABLE, RECORD_TOO_LARGE, or what `records` throws
 */
export async function writeRecordFile(
  path: string,
  kind: RecordKind,
  records: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await openFor(temporary);
  try {
    const hash = createHash('sha256');
    const write = async (bytes: Uint8Array) => {
      hash.update(bytes);
      await file.writeFile(bytes);
    };
    await write(firstLine(kind));
    for await (const record of records) {
      if (record.length > LIMITS.maxRecordBytes) throw tooLarge(record.length);
      await write(lengthOf(record.length));
      await write(record);
    }
    await write(lengthOf(0));
    await file.writeFile(hash.digest());
    await file.sync();
    await giveName(temporary, path);
  } finally {
    await file.close();
    await rm(temporary, { force: true });
  }
}

async function openFor(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (cause) {
    throw new NodeError<RecordFileErrorCode>(
      'FILE_UNWRITABLE',
      `cannot write ${path}: ${errorMessage(cause)}`,
      {
        hint: 'name a file in a directory that you may write to',
        cause,
      },
    );
  }
}

/** Unlike a rename, a link never takes the place of another file. */
async function giveName(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (cause) {
    if (errorCode(cause) !== 'EEXIST') throw cause;
    throw new NodeError<RecordFileErrorCode>('FILE_EXISTS', `there is a file ${path} already`, {
      hint: 'name another one, or move that away',
    });
  }
  await fileSystem.syncDirectory(dirname(path));
}

function tooLarge(length: number): NodeError<RecordFileErrorCode> {
  return new NodeError<RecordFileErrorCode>('RECORD_TOO_LARGE', `a record of ${length} bytes`, {
    data: { length, maxBytes: LIMITS.maxRecordBytes },
  });
}

function lengthOf(length: number): Uint8Array {
  const bytes = new Uint8Array(LENGTH_BYTES);
  new DataView(bytes.buffer).setUint32(0, length);
  return bytes;
}

/**
 * The records of a file, one in memory at a time. The end of the loop says that file and hash agree; what was made of
 * the records before that has to be thrown away if it fails.
 * @throws NodeError FILE_UNREADABLE, FILE_MALFORMED, FILE_DAMAGED
 */
export async function* readRecordFile(path: string, kind: RecordKind): AsyncGenerator<Uint8Array> {
  const reader = await Reader.open(path, MAX_BYTES[kind]);
  try {
    if (!equalBytes(await reader.take(firstLine(kind).length), firstLine(kind)))
      throw malformed(path, `it is no file of metanode ${kind}`);
    for (;;) {
      const head = await reader.take(LENGTH_BYTES);
      const length = new DataView(head.buffer, head.byteOffset).getUint32(0);
      if (length === 0) break;
      if (length > LIMITS.maxRecordBytes) throw malformed(path, `a record of ${length} bytes`);
      yield await reader.take(length);
    }
    await reader.finish();
  } finally {
    await reader.close();
  }
}

function malformed(path: string, what: string): NodeError<RecordFileErrorCode> {
  return new NodeError<RecordFileErrorCode>('FILE_MALFORMED', `${path}: ${what}`, {
    data: { file: path },
    hint: 'is it the file that you mean, and did all of it arrive?',
  });
}

/** What is no plain file has no end that one could wait for. */
async function openToRead(path: string): Promise<FileHandle> {
  try {
    if (!(await stat(path)).isFile()) throw new Error('it is no file');
    return await open(path, 'r');
  } catch (cause) {
    throw new NodeError<RecordFileErrorCode>(
      'FILE_UNREADABLE',
      `cannot read ${path}: ${errorMessage(cause)}`,
      { cause },
    );
  }
}

class Reader {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #hash = createHash('sha256');

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  static async open(path: string, maxBytes: number): Promise<Reader> {
    const file = await openToRead(path);
    const { size } = await file.stat();
    if (size <= maxBytes) return new Reader(path, file);
    await file.close();
    throw malformed(path, `it is larger than ${maxBytes} bytes`);
  }

  /** Exactly so many bytes. */
  async take(length: number): Promise<Uint8Array> {
    const bytes = await this.#read(length);
    this.#hash.update(bytes);
    return bytes;
  }

  async finish(): Promise<void> {
    const stored = await this.#read(HASH_BYTES);
    const { bytesRead } = await this.#file.read(new Uint8Array(1), 0, 1, null);
    if (bytesRead > 0) throw malformed(this.#path, 'something follows its end');
    if (!equalBytes(stored, this.#hash.digest()))
      throw new NodeError<RecordFileErrorCode>('FILE_DAMAGED', `${this.#path} is not as it was written`, {
        data: { file: this.#path },
        hint: 'copy it anew from where it was made',
      });
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #read(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#file.read(bytes, filled, length - filled, null);
      if (bytesRead === 0) throw malformed(this.#path, 'it ends too early');
      filled += bytesRead;
    }
    return bytes;
  }
}
