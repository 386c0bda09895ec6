import { chmod, copyFile, lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MOUNT_POINTS } from './bundle.ts';
import { isStaticProgram } from './elf.ts';
import { runtimeError } from './errors.ts';
import { findProgram, runProgram } from './runc.ts';

const BUSYBOX_HINT = 'install it, on Debian and Ubuntu with: apt-get install busybox-static';

/** Directories of a small root file system; the last three are where a container mounts something. */
const DIRECTORIES = ['bin', 'etc', 'root', 'usr', 'usr/bin', 'usr/sbin', 'sbin', 'var', ...MOUNT_POINTS];
const FILES: Readonly<Record<string, string>> = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n',
  'etc/group': 'root:x:0:\nnogroup:x:65534:\n',
  'etc/hosts': '127.0.0.1 localhost\n::1 localhost\n',
};

export interface MadeRootfs {
  readonly path: string;
  /** Where the busybox came from. */
  readonly busybox: string;
  /** Programs, all of them busybox under another name. */
  readonly programs: number;
}

/**
 * Makes a root file system that holds one program, busybox, under all its names. The directory must be empty or new.
 * @throws NodeError ROOTFS_NOT_EMPTY, BUSYBOX_NOT_FOUND, BUSYBOX_NOT_STATIC
 */
export async function makeRootfs(path: string, find: typeof findProgram = findProgram): Promise<MadeRootfs> {
  const busybox = await find('busybox');
  if (busybox === undefined)
    throw runtimeError('BUSYBOX_NOT_FOUND', 'there is no busybox on this machine', {
      data: { package: 'busybox-static' },
      hint: BUSYBOX_HINT,
    });
  if (!isStaticProgram(await readFile(busybox)))
    throw runtimeError(
      'BUSYBOX_NOT_STATIC',
      `${busybox} needs libraries, which the root file system has not`,
      {
        data: { package: 'busybox-static' },
        hint: BUSYBOX_HINT,
      },
    );
  const existing = await readdir(path).catch(() => []);
  if (existing.length > 0)
    throw runtimeError('ROOTFS_NOT_EMPTY', `${path} is not empty`, { hint: 'name a new directory' });
  for (const directory of ['', ...DIRECTORIES]) {
    await mkdir(join(path, directory), { recursive: true });
    // Whatever the mask of the caller: programs in the container run as nobody. A mount on /tmp takes its mode over.
    await chmod(join(path, directory), directory === 'tmp' ? 0o1777 : 0o755);
  }
  await copyFile(busybox, join(path, 'bin/busybox'));
  await chmod(join(path, 'bin/busybox'), 0o755);
  const names = (await runProgram(busybox, ['--list']))
    .split('\n')
    .filter((name) => /^[\w[\]-][\w.[\]-]*$/.test(name) && name !== 'busybox');
  for (const name of names) await symlink('busybox', join(path, 'bin', name));
  for (const [name, text] of Object.entries(FILES)) {
    await writeFile(join(path, name), text);
    await chmod(join(path, name), 0o644);
  }
  return { path, busybox, programs: names.length };
}

/** @throws NodeError ROOTFS_NOT_FOUND, ROOTFS_INCOMPLETE */
export async function assertRootfs(path: string): Promise<void> {
  const isDirectory = async (name: string) =>
    await lstat(join(path, name)).then(
      (entry) => entry.isDirectory(),
      () => false,
    );
  if (!(await isDirectory('.')))
    throw runtimeError('ROOTFS_NOT_FOUND', `there is no directory ${path}`, {
      hint: 'make one with: metanode docklock rootfs <dir>',
    });
  const missing: string[] = [];
  for (const name of MOUNT_POINTS) if (!(await isDirectory(name))) missing.push(name);
  if (missing.length > 0)
    throw runtimeError('ROOTFS_INCOMPLETE', `${path} has no directory ${missing.join(', ')}`, {
      data: { missing },
      hint: 'a container mounts file systems there; make the directories',
    });
}
