import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, rename, rm, rmdir, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { errorCode, errorMessage } from '../src/util/errors.ts';

const run = promisify(execFile);

/** Room beside the data of a node, so that it can start and work until the disk is filled. */
const ROOM_KIB = 48 * 1024;
const BALLAST = 'ballast';
const BALLAST_CHUNK = new Uint8Array(256 * 1024);

/** Why no disk can be filled here, or undefined. It is tried out, because containers often forbid it to root. */
export async function fullDiskObstacle(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root on Linux can mount a disk';
  const path = await mkdtemp(join(tmpdir(), 'metanode-mount-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path]);
    await run('umount', [path]);
    return undefined;
  } catch (error) {
    return `a disk cannot be mounted here: ${errorMessage(error)}`;
  } finally {
    await rmdir(path).catch(() => {}); // at worst an empty directory stays
  }
}

/** Why no disk can be made slow here, or undefined. */
export async function slowDiskObstacle(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root on Linux can trace a node';
  try {
    await run('strace', ['-e', 'inject=fsync:delay_exit=1', '-o', '/dev/null', 'true']);
    return undefined;
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? 'strace is not installed' : `strace fails: ${errorMessage(error)}`;
  }
}

/**
 * A small disk of its own under the data directory of a node that does not run. There is only ever one copy of the
 * data: an older vote journal would let the validator contradict itself.
 */
export class SmallDisk {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Moves the directory onto a new small disk. @throws Error of `mount` or `cp` */
  static async under(path: string): Promise<SmallDisk> {
    const { stdout } = await run('du', ['-sk', path]);
    const sizeKib = 2 * Number.parseInt(stdout, 10) + ROOM_KIB;
    const aside = `${path}.aside`;
    await rename(path, aside);
    await mkdir(path, { mode: 0o700 });
    try {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeKib}k,mode=700`, 'tmpfs', path]);
    } catch (error) {
      await rmdir(path);
      await rename(aside, path);
      throw error;
    }
    await run('cp', ['-a', `${aside}/.`, path]);
    await rm(aside, { recursive: true });
    return new SmallDisk(path);
  }

  /** Takes all the room that is left. */
  async fill(): Promise<void> {
    const ballast = await open(join(this.#path, BALLAST), 'a');
    try {
      for (;;) await ballast.write(BALLAST_CHUNK);
    } catch (error) {
      if (errorCode(error) !== 'ENOSPC') throw error;
    } finally {
      await ballast.close();
    }
  }

  /** Bytes that are left. */
  async room(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#path);
    return bavail * bsize;
  }

  /** Moves the directory back to where it was; the node must not run. */
  async release(): Promise<void> {
    await rm(join(this.#path, BALLAST), { force: true });
    const back = `${this.#path}.back`;
    await run('cp', ['-a', this.#path, back]);
    await run('umount', [this.#path]);
    await rmdir(this.#path);
    await rename(back, this.#path);
  }
}

/** Makes every sync of a file by one process take longer, as on a disk that is worn or overloaded. */
export class SlowSyncs {
  readonly #tracer: ChildProcess;

  private constructor(tracer: ChildProcess) {
    this.#tracer = tracer;
  }

  /** @throws Error if the process cannot be traced */
  static async of(pid: number, delayMs: number): Promise<SlowSyncs> {
    const syncs = 'fsync,fdatasync';
    const options = ['-f', '-e', `trace=${syncs}`, '-e', `inject=${syncs}:delay_exit=${delayMs * 1000}`];
    const tracer = spawn('strace', [...options, '-o', '/dev/null', '-p', String(pid)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    // Its first words are either that it is attached or why it is not.
    const [words] = (await Promise.race([once(tracer.stderr, 'data'), once(tracer, 'error')])) as [unknown];
    if (!/attached/.test(String(words))) throw new Error(`the node cannot be traced: ${String(words)}`);
    tracer.stderr.resume();
    return new SlowSyncs(tracer);
  }

  /** The process goes on at its own speed. */
  async end(): Promise<void> {
    if (this.#tracer.exitCode !== null || this.#tracer.signalCode !== null) return;
    const ended = once(this.#tracer, 'exit');
    this.#tracer.kill('SIGINT');
    await ended;
  }
}
