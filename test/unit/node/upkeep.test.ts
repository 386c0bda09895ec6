import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { readRecordFile } from '../../../src/node/backup/record-file.ts';
import { createUpkeep, type Upkeep } from '../../../src/node/upkeep.ts';
import { type DataDirPaths, dataDirPaths } from '../../../src/storage/data-dir.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { errorCode } from '../../../src/util/errors.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { silentLogger } from '../../../src/util/logger.ts';
import { BackupWorld } from '../../support/backup-world.ts';
import type { ChainNode } from '../../support/chain.ts';
import { useTemporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

const ROOM = 100e9;
const AT_ONCE = new AbortController().signal;

describe('what a running node does with its files', () => {
  const temporary = useTemporaryDirectory();

  /** Works with a node of three blocks that goes on running. */
  async function withNode(
    use: (parts: {
      port: Upkeep['port'];
      node: Omit<ChainNode, 'memory'>;
      paths: DataDirPaths;
      addBlock: () => Promise<void>;
    }) => Promise<void>,
    { freeBytes = ROOM, blocks = 3 } = {},
  ): Promise<void> {
    const backup = new BackupWorld(temporary.path);
    const root = await backup.dataDir('node');
    await backup.run(root, async (node) => {
      for (let i = 0; i < blocks; i++) await backup.addBlock(node);
      const paths = dataDirPaths(root);
      const upkeep = createUpkeep({
        chain: node.chain,
        paths,
        clock: systemClock,
        logger: silentLogger,
        shutdown: () => {},
        freeBytes: () => freeBytes,
      });
      try {
        await use({ port: upkeep.port, node, paths, addBlock: () => backup.addBlock(node) });
      } finally {
        upkeep.close();
      }
    });
  }

  const rejects = (call: Promise<unknown>, code: string) =>
    assert.rejects(call, (error) => {
      assert.equal(errorCode(error), code);
      return true;
    });

  it('writes a snapshot of one moment while blocks are committed, which a check then accepts', () =>
    withNode(async ({ port, node, addBlock, paths }) => {
      const before = node.chain.head;
      const creating = port.createSnapshot();
      await addBlock();
      await addBlock();
      const { file, bytes, height, blockHash } = await creating;
      assert.ok(height >= before.height && height <= node.chain.head.height);
      assert.equal(blockHash, node.chain.history.store.hashAt(height));
      assert.equal((await stat(`${paths.root}/${file}`)).size, bytes);
      assert.deepEqual(
        (await port.snapshots()).map((one) => [one.file, one.bytes]),
        [[file, bytes]],
      );
      const check = await port.verifySnapshot(file);
      assert.ok(check.valid && check.height === height);
    }));

  it('says of a damaged snapshot that it is, and of a file that is not there that it is not', () =>
    withNode(async ({ port, paths }) => {
      const { file } = await port.createSnapshot();
      const path = `${paths.root}/${file}`;
      const bytes = await readFile(path);
      bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
      await writeFile(path, bytes);
      const check = await port.verifySnapshot(file);
      assert.deepEqual([check.valid, !check.valid && check.reason], [false, 'FILE_DAMAGED']);
      for (const other of ['snapshots/none.snapshot', '../genesis.json', 'genesis.json'])
        await rejects(port.verifySnapshot(other), 'FILE_NOT_FOUND');
    }));

  it('exports the blocks that are asked for, and leaves no file when the caller goes', () =>
    withNode(async ({ port, paths }) => {
      const all = await port.exportChain({}, AT_ONCE);
      assert.deepEqual([all.fromHeight, all.toHeight, all.file], [1, 3, 'exports/1-3.blocks']);
      let records = 0;
      for await (const record of readRecordFile(`${paths.root}/${all.file}`, 'blocks'))
        records += record.length > 0 ? 1 : 0;
      assert.equal(records, 1 + 3);
      await rejects(port.exportChain({}, AT_ONCE), 'FILE_EXISTS');
      await rejects(port.exportChain({ fromHeight: 2, toHeight: 9 }, AT_ONCE), 'NO_BLOCKS');
      const gone = AbortSignal.abort();
      await assert.rejects(port.exportChain({ fromHeight: 2 }, gone), { name: 'AbortError' });
      assert.equal(existsSync(`${paths.exports}/2-3.blocks`), false);
    }));

  it('does one thing at a time', () =>
    withNode(async ({ port }) => {
      const first = port.createSnapshot();
      await rejects(port.exportChain({}, AT_ONCE), 'FILE_WORK_RUNNING');
      await first;
      await port.exportChain({}, AT_ONCE);
    }));

  it('writes nothing where the disk has too little room, or too many files are there', () =>
    withNode(
      async ({ port, paths }) => {
        for (const call of [
          () => port.createSnapshot(),
          () => port.exportChain({}, AT_ONCE),
          () => port.startProfile(1_000),
          () => port.writeHeapSnapshot(),
        ])
          await rejects(call(), 'DISK_TOO_FULL');
        await mkdir(paths.exports, { recursive: true });
        for (let i = 0; i < LIMITS.maxOperatorFiles; i++) await writeFile(`${paths.exports}/${i}`, '');
        await rejects(port.exportChain({}, AT_ONCE), 'TOO_MANY_FILES');
      },
      { freeBytes: LIMITS.minFreeDiskBytes - 1 },
    ));

  it('records a profile until it is stopped, one at a time, readable by its owner only', () =>
    withNode(async ({ port, paths }) => {
      await rejects(port.stopProfile(), 'PROFILE_NOT_RUNNING');
      const started = await port.startProfile(LIMITS.maxProfileMs);
      await rejects(port.startProfile(1_000), 'PROFILE_RUNNING');
      const { file, bytes } = await port.stopProfile();
      assert.equal(file, started.file);
      const path = `${paths.root}/${file}`;
      const { size, mode } = await stat(path);
      assert.deepEqual([size, mode & 0o777], [bytes, 0o600]);
      assert.ok(JSON.parse(await readFile(path, 'utf8')).nodes.length > 0);
      await rejects(port.stopProfile(), 'PROFILE_NOT_RUNNING');
    }));

  it('ends a profile whose time is over by itself, and writes it', () =>
    withNode(async ({ port, paths }) => {
      const { file } = await port.startProfile(1);
      await waitFor('the profile is written', () => existsSync(`${paths.root}/${file}`));
      await rejects(port.stopProfile(), 'PROFILE_NOT_RUNNING');
    }));

  it('tells what the database takes', () =>
    withNode(async ({ port }) => {
      const { kinds, files, bytes, logBytes, freeDiskBytes } = await port.databaseStats();
      assert.ok(kinds.some(({ kind }) => kind === 'leaf') && kinds.every((one) => one.bytes >= 0));
      assert.ok(files > 0 && bytes >= logBytes && logBytes > 0);
      assert.notEqual(freeDiskBytes, undefined);
    }));

  it('has no block to write before the first one', () =>
    withNode(
      async ({ port }) => {
        await rejects(port.createSnapshot(), 'NO_BLOCKS');
        await rejects(port.exportChain({}, AT_ONCE), 'NO_BLOCKS');
      },
      { blocks: 0 },
    ));
});
