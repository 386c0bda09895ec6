import { mkdir, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errorCode, NodeError } from '../../util/errors.ts';
import { LIMITS } from '../../util/limits.ts';
import { freeDiskBytes } from '../process-usage.ts';

export type OperatorFileErrorCode = 'DISK_TOO_FULL' | 'TOO_MANY_FILES' | 'FILE_EXISTS' | 'FILE_NOT_FOUND';

export interface OperatorFile {
  /** Below the data directory. */
  readonly file: string;
  readonly path: string;
  readonly bytes: number;
  readonly writtenAtMs: number;
}

/**
 * A folder of the data directory with files that the running node was asked to write: so many at most, and none that
 * would leave the node itself too little room. Nothing is ever deleted here.
 */
export class OperatorFiles {
  readonly #directory: string;
  readonly #freeBytes: (directory: string) => number | undefined;

  constructor(directory: string, freeBytes = freeDiskBytes) {
    this.#directory = directory;
    this.#freeBytes = freeBytes;
  }

  /** Below the data directory, as callers see it. */
  fileOf(name: string): string {
    return `${basename(this.#directory)}/${name}`;
  }

  /**
   * Where a new file of about so many bytes may be written.
   * @throws NodeError FILE_EXISTS, TOO_MANY_FILES, DISK_TOO_FULL
   */
  async pathFor(name: string, bytes: number): Promise<string> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const names = await readdir(this.#directory);
    if (names.includes(name))
      throw new NodeError<OperatorFileErrorCode>(
        'FILE_EXISTS',
        `there is a file ${this.fileOf(name)} already`,
        {
          data: { file: this.fileOf(name) },
          hint: 'take that one, or move it away',
        },
      );
    if (names.length >= LIMITS.maxOperatorFiles)
      throw new NodeError<OperatorFileErrorCode>(
        'TOO_MANY_FILES',
        `${this.#directory} holds too many files`,
        {
          data: { max: LIMITS.maxOperatorFiles },
          hint: `delete what is not needed any more in ${this.#directory}`,
        },
      );
    const freeBytes = this.#freeBytes(this.#directory);
    const neededBytes = bytes + LIMITS.minFreeDiskBytes;
    if (freeBytes !== undefined && freeBytes < neededBytes)
      throw new NodeError<OperatorFileErrorCode>(
        'DISK_TOO_FULL',
        'the node would have too little room left',
        {
          data: { freeBytes, neededBytes },
          hint: 'make room on the disk of the data directory',
        },
      );
    return join(this.#directory, name);
  }

  /** All files, the newest first; those that are being written are not among them. */
  async list(suffix: string): Promise<OperatorFile[]> {
    const names = await readdir(this.#directory).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    });
    const files = await Promise.all(
      names
        .filter((name) => name.endsWith(suffix))
        .map(async (name) => {
          const path = join(this.#directory, name);
          const { size, mtimeMs } = await stat(path);
          return { file: this.fileOf(name), path, bytes: size, writtenAtMs: Math.round(mtimeMs) };
        }),
    );
    return files.sort((a, b) => b.writtenAtMs - a.writtenAtMs || (a.file < b.file ? 1 : -1));
  }

  /** One of `list`, by the name that it has there. @throws NodeError FILE_NOT_FOUND */
  async find(file: string, suffix: string): Promise<OperatorFile> {
    const found = (await this.list(suffix)).find((one) => one.file === file);
    if (found === undefined)
      throw new NodeError<OperatorFileErrorCode>('FILE_NOT_FOUND', `there is no file ${file} here`, {
        data: { file },
      });
    return found;
  }
}
