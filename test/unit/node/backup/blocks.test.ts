import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { exportBlocks, importBlocks } from '../../../../src/node/backup/blocks.ts';
import { createSnapshot, restoreSnapshot } from '../../../../src/node/backup/snapshots.ts';
import { lockDataDir } from '../../../../src/storage/data-dir.ts';
import { CertificateType } from '../../../../src/types/certificate.ts';
import { type CertifiedBlockBytes, CertifiedBlockBytesType } from '../../../../src/types/network.ts';
import { decode, encode } from '../../../../src/types/ssz.ts';
import { errorCode } from '../../../../src/util/errors.ts';
import { silentLogger } from '../../../../src/util/logger.ts';
import { type BackupWorld, usePreparedBackup } from '../../../support/backup-world.ts';
import { useTemporaryDirectory } from '../../../support/temporary-directory.ts';

describe('exported blocks', () => {
  const temporary = useTemporaryDirectory();
  let backup: BackupWorld;
  let source: string;
  let file: string;

  const prepared = usePreparedBackup(async (base) => {
    const root = await base.dataDir('source');
    await base.extend(root, 1);
    await base.rotate(root);
    await base.extend(root, 4);
    await exportBlocks(root, base.path('all.blocks'));
  });

  beforeEach(() => {
    backup = prepared.copyTo(temporary.path);
    source = backup.path('source');
    file = backup.path('all.blocks');
  });

  const load = (root: string, path: string) => importBlocks(root, path, silentLogger);
  /** A file in which one block is another. */
  const forged = (at: number, change: (block: CertifiedBlockBytes) => CertifiedBlockBytes) =>
    backup.forge(file, 'blocks', (records) =>
      records.map((record, i) =>
        i === at
          ? encode(CertifiedBlockBytesType, change(decode(CertifiedBlockBytesType, record, 'block')))
          : record,
      ),
    );

  it('make a new node the same as the one that they are from, by executing each', async () => {
    const root = await backup.dataDir('copy');
    assert.deepEqual(await load(root, file), { imported: 6, height: 6 });
    await backup.run(source, (one) =>
      backup.run(root, async (other) => {
        assert.deepEqual(other.chain.head, one.chain.head);
        assert.equal(other.chain.state.stateRoot(), one.chain.state.stateRoot());
        for (let height = 1; height <= 6; height++)
          assert.deepEqual(other.chain.history.block(height), one.chain.history.block(height));
      }),
    );
    const again = backup.path('again.blocks');
    await exportBlocks(root, again);
    assert.deepEqual(await readFile(again), await readFile(file));
  });

  it('may come in parts that overlap, and not with a gap', async () => {
    const root = await backup.dataDir('copy');
    const [first, second] = [backup.path('first'), backup.path('second')];
    assert.deepEqual(await exportBlocks(source, first, { toHeight: 3 }), { fromHeight: 1, toHeight: 3 });
    await exportBlocks(source, second, { fromHeight: 3 });
    await assert.rejects(load(root, second), { code: 'BLOCKS_MISSING' });
    assert.equal((await load(root, first)).height, 3);
    assert.deepEqual(await load(root, second), { imported: 3, height: 6 });
    assert.deepEqual(await load(root, file), { imported: 0, height: 6 });
  });

  it('bring a node that began at a snapshot further, and it exports what it has', async () => {
    const root = await backup.dataDir('restored');
    const early = await backup.dataDir('early');
    const first = backup.path('first');
    await exportBlocks(source, first, { toHeight: 3 });
    await load(early, first);
    await createSnapshot(early, backup.path('state'));
    await restoreSnapshot(root, backup.path('state'));
    assert.deepEqual(await load(root, file), { imported: 3, height: 6 });
    await assert.rejects(exportBlocks(root, backup.path('x'), { fromHeight: 1 }), { code: 'NO_BLOCKS' });
    assert.deepEqual(await exportBlocks(root, backup.path('rest')), { fromHeight: 4, toHeight: 6 });
  });

  it('are refused at the first that is false, and what came before stays', async () => {
    const outcomes: unknown[] = [];
    const attempt = async (path: string) => {
      const root = await backup.dataDir(`copy-${outcomes.length}`);
      const code = await load(root, path).then(() => 'accepted', errorCode);
      outcomes.push([code, await backup.run(root, async ({ chain }) => chain.head.height)]);
      await rm(path);
    };
    const changeByte = (bytes: Uint8Array, at: number) =>
      bytes.map((byte, i) => (i === (at < 0 ? bytes.length + at : at) ? byte ^ 1 : byte));
    const withoutSeal = (certificate: Uint8Array) => {
      const { seals, ...rest } = decode(CertificateType, certificate, 'certificate');
      return encode(CertificateType, { ...rest, seals: [...seals.slice(1), seals[0] as string] });
    };
    await attempt(
      await forged(4, ({ block, certificate }) => ({ block, certificate: withoutSeal(certificate) })),
    );
    // The last bytes of a block are those of a transaction: its header and certificate stay as they were.
    await attempt(
      await forged(5, ({ block, certificate }) => ({ block: changeByte(block, -1), certificate })),
    );
    await attempt(
      await backup.forge(file, 'blocks', (records) => [...records.slice(0, 3), ...records.slice(4)]),
    );
    await attempt(await backup.forge(file, 'blocks', (records) => [...records, Uint8Array.of(1)]));
    await attempt(await backup.copy(file, (bytes) => changeByte(bytes, -1)));
    await attempt(await backup.copy(file, (bytes) => bytes.subarray(0, bytes.length - 100)));
    assert.deepEqual(outcomes, [
      ['BAD_CERTIFICATE', 3],
      ['BAD_BLOCK', 4],
      ['BAD_CERTIFICATE', 2],
      ['MALFORMED_BYTES', 6],
      ['FILE_DAMAGED', 6],
      ['FILE_MALFORMED', 5],
    ]);
  });

  it('of another chain, of another branch or for a node that runs are refused', async () => {
    const { genesis } = backup.world;
    const other = await backup.dataDir('other', { ...genesis, chainId: genesis.chainId + 1 });
    await assert.rejects(load(other, file), { code: 'GENESIS_MISMATCH' });
    const fork = await backup.dataDir('fork');
    await backup.extend(fork, 2);
    await assert.rejects(load(fork, file), { code: 'WRONG_BLOCK' });
    const root = await backup.dataDir('copy');
    const lock = lockDataDir(root);
    await assert.rejects(load(root, file), { code: 'DATA_DIR_LOCKED' });
    await assert.rejects(exportBlocks(root, backup.path('x')), { code: 'DATA_DIR_LOCKED' });
    lock.release();
    await assert.rejects(exportBlocks(root, backup.path('x')), { code: 'NO_BLOCKS' });
    await assert.rejects(exportBlocks(source, file), { code: 'FILE_EXISTS' });
  });
});
