import assert from 'node:assert/strict';
import { chmod, mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assertRootfs, makeRootfs } from '../../../src/runtime/rootfs.ts';
import { imageOfRootfs } from '../../../src/runtime/rootfs-image.ts';
import { findRunc } from '../../../src/runtime/runc.ts';
import { errorCode } from '../../../src/util/errors.ts';
import { useTemporaryDirectory } from '../../support/temporary-directory.ts';

const nowhere = async () => undefined;
async function rejects(
  promise: Promise<unknown>,
  code: string,
  data: Record<string, unknown> = {},
): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.equal(errorCode(error), code);
    const given = (error as { data: Record<string, unknown> }).data;
    for (const [name, value] of Object.entries(data)) assert.equal(given[name], value);
    return true;
  });
}

describe('programs that containers need', () => {
  const directory = useTemporaryDirectory();
  const program = async (text: string) => {
    const path = directory.join('program');
    await writeFile(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return async () => path;
  };

  it('are named with their package when they are missing', async () => {
    await rejects(findRunc(nowhere), 'RUNTIME_NOT_FOUND', { package: 'runc' });
    await rejects(makeRootfs(directory.path, nowhere), 'BUSYBOX_NOT_FOUND', { package: 'busybox-static' });
  });

  it('must be new enough, and what they claim to be', async () => {
    await rejects(findRunc(await program('echo runc version 1.0.3')), 'RUNTIME_TOO_OLD', {
      version: '1.0.3',
    });
    await rejects(findRunc(await program('echo something else')), 'RUNTIME_FAILED');
    await rejects(findRunc(await program('echo broken >&2; exit 1')), 'RUNTIME_FAILED');
    const { version } = await findRunc(await program('echo runc version 1.1.5+ds1'));
    assert.equal(version, '1.1.5+ds1');
  });

  it('must run without libraries in a root file system that has none', async () => {
    await rejects(
      makeRootfs(directory.join('new'), async () => process.execPath),
      'BUSYBOX_NOT_STATIC',
    );
    await rejects(makeRootfs(directory.join('new'), await program('exit 0')), 'BUSYBOX_NOT_STATIC');
  });
});

describe('a root file system', () => {
  const directory = useTemporaryDirectory();

  /** Files, a link, a long name, in the order that is given. */
  async function tree(
    name: string,
    change: (path: string) => Promise<void> = async () => {},
  ): Promise<string> {
    const root = directory.join(name);
    for (const part of ['tmp', 'proc', 'dev', 'bin', `etc/${'long-'.repeat(30)}`]) {
      await mkdir(join(root, part), { recursive: true });
      await chmod(join(root, part), 0o755);
    }
    await chmod(join(root, 'etc'), 0o755);
    await writeFile(join(root, 'bin/tool'), 'a program'.repeat(100));
    await chmod(join(root, 'bin/tool'), 0o755);
    await symlink('tool', join(root, 'bin/other'));
    await writeFile(join(root, `etc/${'long-'.repeat(30)}/file`), '');
    await chmod(join(root, `etc/${'long-'.repeat(30)}/file`), 0o644);
    await change(root);
    return root;
  }

  it('is always the same image, whenever its files were written', async () => {
    const first = await imageOfRootfs(await tree('first'), 'x64');
    const second = await imageOfRootfs(
      await tree('second', (root) => utimes(join(root, 'bin/tool'), new Date(0), new Date(0))),
      'x64',
    );
    assert.deepEqual(second, first);
    assert.match(first.digest, /^[0-9a-f]{64}$/);
    assert.ok(first.size > 10 * 512);
  });

  it('is another image when a byte, a mode, a name or a link is another', async () => {
    const changes: readonly ((root: string) => Promise<unknown>)[] = [
      async () => {},
      (root) => writeFile(join(root, 'bin/tool'), 'b program'.repeat(100)),
      (root) => chmod(join(root, 'bin/tool'), 0o700),
      (root) => writeFile(join(root, 'bin/new'), ''),
      async (root) => {
        await rm(join(root, 'bin/other'));
        await symlink('Tool', join(root, 'bin/other'));
      },
    ];
    const digests = new Set<string>();
    for (const [index, change] of changes.entries()) {
      const root = await tree(`changed-${index}`, async (path) => void (await change(path)));
      digests.add((await imageOfRootfs(root)).digest);
    }
    assert.equal(digests.size, changes.length);
  });

  it('must be there and have the directories where a container mounts something', async () => {
    const root = await tree('whole');
    await assertRootfs(root);
    await rejects(assertRootfs(join(root, 'missing')), 'ROOTFS_NOT_FOUND');
    await rejects(assertRootfs(join(root, 'bin/tool')), 'ROOTFS_NOT_FOUND');
    await rm(join(root, 'proc'), { recursive: true });
    await symlink('dev', join(root, 'proc'));
    await rejects(assertRootfs(root), 'ROOTFS_INCOMPLETE');
  });
});
