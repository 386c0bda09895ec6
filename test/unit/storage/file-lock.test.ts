import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, symlinkSync } from 'node:fs';
import { dataDirPaths, lockDataDir } from '../../../src/storage/data-dir.ts';
import { acquireFileLock } from '../../../src/storage/file-lock.ts';
import { useTemporaryDirectory } from '../../support/temporary-directory.ts';

/** Another process that takes the lock and keeps it until it is killed. */
async function holdElsewhere(path: string): Promise<{ child: ChildProcess; said: string }> {
  const module = new URL('../../../src/storage/file-lock.ts', import.meta.url).href;
  const script = `import(${JSON.stringify(module)}).then(({ acquireFileLock }) => {
    const result = acquireFileLock(${JSON.stringify(path)});
    process.stdout.write('lock' in result ? 'held' : 'holder ' + result.holder);
    setInterval(() => {}, 1000);
  });`;
  const child = spawn(process.execPath, ['--import', 'tsx', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [chunk] = (await once(child.stdout as NonNullable<typeof child.stdout>, 'data')) as [Buffer];
  return { child, said: chunk.toString() };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('A file lock', () => {
  const directory = useTemporaryDirectory();

  it('is had by one holder at a time and is free after release', () => {
    const path = directory.join('lock');
    const first = acquireFileLock(path);
    assert.ok('lock' in first);
    assert.deepEqual(acquireFileLock(path), { holder: process.pid });
    first.lock.release();
    assert.equal(existsSync(path), false);
    assert.ok('lock' in acquireFileLock(path));
  });

  it('keeps other processes out and outlives none that is killed (L13)', async () => {
    const path = directory.join('lock');
    const { child, said } = await holdElsewhere(path);
    try {
      assert.equal(said, 'held');
      assert.deepEqual(acquireFileLock(path), { holder: child.pid });
    } finally {
      await kill(child);
    }
    const after = acquireFileLock(path);
    assert.ok('lock' in after);
    const second = await holdElsewhere(path);
    await kill(second.child);
    assert.equal(second.said, `holder ${process.pid}`);
  });

  it('tells a dead holder from a later process with the same id', () => {
    const path = directory.join('lock');
    symlinkSync(`${process.pid}.1.another-boot`, path);
    assert.ok('lock' in acquireFileLock(path));
  });

  it('is taken over although someone died while breaking it, and although its content is nonsense', () => {
    const path = directory.join('lock');
    symlinkSync('nonsense', path);
    symlinkSync(`${process.pid}.1.another-boot`, `${path}.breaking`);
    assert.ok('lock' in acquireFileLock(path));
    assert.equal(existsSync(`${path}.breaking`), false);
  });
});

describe('The data directory', () => {
  const directory = useTemporaryDirectory();

  it('is made if need be and used by one node at a time', () => {
    const root = directory.join('deep/node');
    const lock = lockDataDir(root);
    assert.throws(() => lockDataDir(root), { code: 'DATA_DIR_LOCKED' });
    lock.release();
    lockDataDir(root).release();
  });

  it('keeps all its paths under its root, none of them twice', () => {
    const { root, ...paths } = dataDirPaths('/data');
    const all = Object.values(paths);
    assert.equal(new Set(all).size, all.length);
    assert.ok(all.every((path) => path.startsWith(`${root}/`)));
  });
});
