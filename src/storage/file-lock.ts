import { readFileSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import { errorCode } from '../util/errors.ts';

/** An exclusive lock that ends with `release` or with the death of the process. */
export interface FileLock {
  release(): void;
}

/** `holder` is the process id of whoever has the lock. */
export type LockResult = { readonly lock: FileLock } | { readonly holder: number };

/**
 * Takes the lock at `path`, or says who has it. The lock is a symbolic link whose target names the holder: creating
 * one is atomic and fails if it exists, and unlike a file it is never seen half written. A lock whose holder is dead
 * (SIGKILL, power failure) is broken; the boot and the start time of a process tell it from a later one with the same
 * id. Locks work among the processes of one machine and one pid namespace.
 */
export function acquireFileLock(path: string): LockResult {
  const first = tryLock(path);
  if ('lock' in first || isAlive(first.target)) return asResult(first);
  // Only one process at a time may break a lock, or a slow one would remove the lock of a quick one.
  const breakerPath = `${path}.breaking`;
  const breaker = tryLock(breakerPath);
  if ('target' in breaker) {
    if (isAlive(breaker.target)) return asResult(breaker);
    remove(breakerPath);
    return acquireFileLock(path);
  }
  try {
    const target = readTarget(path);
    if (target !== undefined && !isAlive(target)) remove(path);
    return asResult(tryLock(path));
  } finally {
    breaker.lock.release();
  }
}

type Attempt = { readonly lock: FileLock } | { readonly target: string };

function asResult(attempt: Attempt): LockResult {
  return 'lock' in attempt ? attempt : { holder: Number(attempt.target.split('.')[0]) };
}

function tryLock(path: string): Attempt {
  const own = describeProcess(process.pid);
  for (;;) {
    try {
      symlinkSync(own, path);
      return {
        lock: {
          release: () => {
            if (readTarget(path) === own) remove(path);
          },
        },
      };
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
    const target = readTarget(path);
    if (target !== undefined) return { target };
  }
}

/** Undefined if nobody has the lock. */
function readTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/** `pid.startTime.bootId`; the last two are 0 where the system does not tell them. */
function describeProcess(pid: number): string {
  return `${pid}.${startTimeOf(pid)}.${bootId()}`;
}

function isAlive(target: string): boolean {
  const pid = Number(target.split('.')[0]);
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process exists but belongs to somebody else.
    if (errorCode(error) !== 'EPERM') return false;
  }
  return describeProcess(pid) === target;
}

/** Clock ticks from boot to the start of the process: field 22 of /proc/<pid>/stat (proc(5)). */
function startTimeOf(pid: number): string {
  const stat = readIfThere(`/proc/${pid}/stat`);
  // The second field is the program's name in parentheses, which may hold spaces.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie has ended and closed its files; only its parent has not looked yet.
  return fields?.[0] === 'Z' ? 'ended' : (fields?.[19] ?? '0');
}

function bootId(): string {
  return readIfThere('/proc/sys/kernel/random/boot_id')?.trim() ?? '0';
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
