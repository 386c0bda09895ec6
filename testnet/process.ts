import { execFile, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/**
 * Processes by number, safely: a process is known by its pid *and* the time it began, so that a number which the
 * system gave to somebody else meanwhile is never signalled.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it began, in the operating system's own words; only compared for equality. */
  readonly started: string;
}

/** Field 22 of /proc/<pid>/stat, counted after the command name, which may hold spaces and brackets (proc(5)). */
const START_TIME_AFTER_NAME = 19;
/** State `Z`: it has ended, and only its parent has not looked yet. */
const ZOMBIE = 'Z';

/** When the process began, or undefined if there is none with this number (any more). */
export async function processStart(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') return linuxProcessStart(pid);
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]);
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}

function linuxProcessStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === ZOMBIE ? undefined : fields[START_TIME_AFTER_NAME];
  } catch {
    return undefined;
  }
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await processStart(identity.pid)) === identity.started;
}

/** Sends a signal if the process is still the same one. Returns whether it was. */
export async function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean> {
  if (!(await isAlive(identity))) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch {
    return false; // it ended between the check and the signal
  }
}

const POLL_MS = 50;

/** Waits until the process is gone. Returns whether it was in time. */
export async function waitForExit(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  for (const deadline = performance.now() + timeoutMs; performance.now() < deadline; await sleep(POLL_MS))
    if (!(await isAlive(identity))) return true;
  return !(await isAlive(identity));
}

/** SIGTERM to all; SIGKILL to those that are still there after `graceMs`. */
export async function terminateAll(identities: readonly ProcessIdentity[], graceMs: number): Promise<void> {
  // A process that was paused must go on to notice the signal.
  await Promise.all(identities.map((identity) => signalProcess(identity, 'SIGTERM')));
  await Promise.all(identities.map((identity) => signalProcess(identity, 'SIGCONT')));
  await Promise.all(
    identities.map(async (identity) => {
      if (await waitForExit(identity, graceMs)) return;
      await signalProcess(identity, 'SIGKILL');
      await waitForExit(identity, graceMs);
    }),
  );
}

/** How a child ended. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface SpawnedProcess extends ProcessIdentity {
  readonly exit: Promise<ChildExit>;
}

/**
 * Starts `node <args>` in a process group of its own (so that Ctrl-C reaches the supervisor only, which then ends its
 * children in order), appending both outputs to `logPath`. The child does not keep this process alive.
 * @throws Error if the process cannot be started
 */
export async function spawnLogged(args: readonly string[], logPath: string): Promise<SpawnedProcess> {
  mkdirSync(dirname(logPath), { recursive: true });
  const log = openSync(logPath, 'a');
  try {
    const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', log, log] });
    const exit = new Promise<ChildExit>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', () => resolve());
      child.once('error', reject);
    });
    child.unref();
    const pid = child.pid as number;
    return { pid, started: (await processStart(pid)) ?? 'ended', exit };
  } finally {
    closeSync(log);
  }
}
