import { readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cgroupOf } from './bundle.ts';
import type { CgroupLayout } from './cgroups.ts';
import { type Runtime, runProgram } from './runc.ts';

/** Directories of containers are called so, in the directory for temporary files. */
export const DIRECTORY_PREFIX = 'metanode-container-';
/** File in each that says who runs the container: process id and name of the container, in a line each. */
export const OWNER_FILE = 'owner';

/** Ends and removes containers whose program was killed so that it could not do it itself. */
export async function removeOrphans(runtime: Runtime, cgroups: CgroupLayout): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(DIRECTORY_PREFIX))) {
    const directory = join(tmpdir(), name);
    const owner = await readFile(join(directory, OWNER_FILE), 'utf8').catch(() => '');
    const [pid, id] = owner.split('\n');
    // A directory that is only being made has no owner yet.
    if (pid === undefined || id === undefined || isRunning(Number(pid))) continue;
    const root = ['--root', join(directory, 'state')];
    await runProgram(runtime.path, [...root, 'delete', '--force', id]).catch(() => {});
    await rm(directory, { recursive: true, force: true });
    cgroups.remove(cgroupOf(id));
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
