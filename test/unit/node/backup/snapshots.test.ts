import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { readSnapshot } from '../../../../src/node/backup/snapshot-file.ts';
import { createSnapshot, restoreSnapshot } from '../../../../src/node/backup/snapshots.ts';
import { dataDirPaths, lockDataDir } from '../../../../src/storage/data-dir.ts';
import { type SnapshotHead, SnapshotHeadType, SnapshotPageType } from '../../../../src/types/snapshot.ts';
import { decode, encode } from '../../../../src/types/ssz.ts';
import { errorCode, NodeError } from '../../../../src/util/errors.ts';
import { type BackupWorld, usePreparedBackup } from '../../../support/backup-world.ts';
import { useTemporaryDirectory } from '../../../support/temporary-directory.ts';

describe('snapshots', () => {
  const temporary = useTemporaryDirectory();
  let backup: BackupWorld;
  let source: string;
  let file: string;
  let height: number;

  const prepared = usePreparedBackup(async (base) => {
    const root = await base.dataDir('source');
    await base.extend(root, 2);
    await base.rotate(root);
    await base.extend(root, 3);
    await createSnapshot(root, base.path('state.snapshot'));
  });

  beforeEach(() => {
    backup = prepared.copyTo(temporary.path);
    source = backup.path('source');
    file = backup.path('state.snapshot');
    height = 6;
  });

  const read = (path: string) => readSnapshot(path, backup.world.genesis);
  const checkOf = (error: unknown) => (error instanceof NodeError ? error.data.check : undefined);
  const forgedHead = (change: (head: SnapshotHead) => SnapshotHead) =>
    backup.forge(file, 'snapshot', ([head, ...pages]) => [
      encode(SnapshotHeadType, change(decode(SnapshotHeadType, head as Uint8Array, 'head'))),
      ...pages,
    ]);
  type Page = ReturnType<typeof SnapshotPageType.defaultValue>;
  const forgedPage = (change: (page: Page) => Page) =>
    backup.forge(file, 'snapshot', ([head, page, ...pages]) => [
      head as Uint8Array,
      encode(SnapshotPageType, change(decode(SnapshotPageType, page as Uint8Array, 'page'))),
      ...pages,
    ]);

  it('say of which block they are, and hold as many leaves as its state', async () => {
    const facts = await read(file);
    await backup.run(source, async ({ chain }) => {
      assert.deepEqual(
        [facts.height, facts.blockHash, facts.stateRoot, facts.leaves],
        [height, chain.head.hash, chain.state.stateRoot(), [...chain.state.leaves()].length],
      );
    });
    assert.equal(facts.headers.length, 2, 'a change of the validators, and the block itself');
  });

  it('let a new node begin at their height, and go on with the chain as every other node', async () => {
    const root = await backup.dataDir('restored');
    const facts = await restoreSnapshot(root, file);
    assert.equal(facts.height, height);
    assert.deepEqual(
      readdirSync(root).filter((name) => name.includes('restoring')),
      [],
    );
    await backup.run(source, async (one) => {
      await backup.run(root, async (other) => {
        assert.deepEqual(other.chain.head, one.chain.head);
        assert.equal(other.chain.validators.hash, one.chain.validators.hash);
        assert.equal(other.chain.nextValidators.hash, one.chain.nextValidators.hash);
        assert.equal(other.chain.previousValidators.hash, one.chain.previousValidators.hash);
        assert.equal(other.store.lowestHeight(), height + 1);
        const nonce = one.pool.mempool.nextNonce('economy', backup.world.alice.address);
        const transaction = backup.world.transfer(nonce);
        await one.pool.submit(transaction.bytes);
        await other.pool.submit(transaction.bytes);
        await backup.world.extend(one, [other]);
        assert.deepEqual(other.chain.head, one.chain.head);
        const proof = await other.chain.history.finalityProof(transaction.id);
        assert.deepEqual(proof, await one.chain.history.finalityProof(transaction.id));
      });
    });
  });

  it('of a block that changes the validators hold the set that follows', async () => {
    // The set of block 5 is the first that differs, so header 4 is a link, and here the head itself.
    const root = await backup.dataDir('short');
    const earlier = backup.path('short.snapshot');
    await backup.extend(root, 2);
    await backup.rotate(root);
    await backup.extend(root, 1);
    await createSnapshot(root, earlier);
    const [last, ...others] = (await read(earlier)).headers;
    assert.deepEqual([last?.header.height, others.length], [4, 0]);
    assert.notEqual(last?.nextValidators, undefined);
    const restored = await backup.dataDir('restored');
    await restoreSnapshot(restored, earlier);
    await backup.run(root, (one) =>
      backup.run(restored, async (other) => {
        await backup.world.extend(one, [other]);
        await backup.world.extend(one, [other]);
        assert.deepEqual(other.chain.head, one.chain.head);
      }),
    );
  });

  it('are made again from a restored node, the same but for how the block was sealed', async () => {
    const root = await backup.dataDir('restored');
    await restoreSnapshot(root, file);
    const again = backup.path('again.snapshot');
    await createSnapshot(root, again);
    assert.deepEqual(await read(again), await read(file));
  });

  it('never take the place of another file, and need a node with blocks that does not run', async () => {
    await assert.rejects(createSnapshot(source, file), { code: 'FILE_EXISTS' });
    await assert.rejects(createSnapshot(source, backup.path('no/such/place')), { code: 'FILE_UNWRITABLE' });
    await assert.rejects(createSnapshot(backup.path('nowhere'), backup.path('x')), {
      code: 'GENESIS_FILE_UNREADABLE',
    });
    const empty = await backup.dataDir('empty');
    await backup.extend(empty, 0);
    await assert.rejects(createSnapshot(empty, backup.path('x')), { code: 'NO_BLOCKS' });
    const lock = lockDataDir(source);
    try {
      await assert.rejects(createSnapshot(source, backup.path('x')), { code: 'DATA_DIR_LOCKED' });
    } finally {
      lock.release();
    }
    assert.deepEqual(
      readdirSync(temporary.path).filter((name) => name.endsWith('.tmp') || name === 'x'),
      [],
    );
  });

  it('are restored only where no node runs and none has blocks', async () => {
    await assert.rejects(restoreSnapshot(source, file), { code: 'DATA_DIR_NOT_EMPTY' });
    const root = await backup.dataDir('new');
    const lock = lockDataDir(root);
    await assert.rejects(restoreSnapshot(root, file), { code: 'DATA_DIR_LOCKED' });
    lock.release();
    await backup.extend(root, 0); // a database at genesis, as `node init` makes it
    await writeFile(`${root}/votes.journal`, 'kept');
    assert.equal((await restoreSnapshot(root, file)).height, height);
    assert.ok(existsSync(`${root}/votes.journal`));
  });

  it('of another chain are refused, also with the same keys', async () => {
    const { genesis } = backup.world;
    const other = { ...genesis, chainId: genesis.chainId + 1 };
    await assert.rejects(readSnapshot(file, other), { code: 'GENESIS_MISMATCH' });
    const root = await backup.dataDir('other', other);
    await assert.rejects(restoreSnapshot(root, file), { code: 'GENESIS_MISMATCH' });
    assert.equal(existsSync(dataDirPaths(root).database), false);
    assert.deepEqual(
      readdirSync(root).filter((name) => name.startsWith('db')),
      [],
    );
  });

  it('are refused with one bit flipped anywhere, and leave the directory as it was', async () => {
    const flipped = (at: number, bit: number) =>
      backup.copy(file, (bytes) => {
        const index = Math.floor(at * bytes.length);
        bytes[index] = (bytes[index] as number) ^ (1 << bit);
        return bytes;
      });
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.nat(7),
        async (at, bit) => {
          await assert.rejects(read(await flipped(at, bit)), (error) => error instanceof NodeError);
        },
      ),
      { numRuns: 40 },
    );
    const root = await backup.dataDir('new');
    await assert.rejects(
      restoreSnapshot(root, await flipped(0.99, 3)),
      (error) => error instanceof NodeError,
    );
    assert.deepEqual(readdirSync(root), ['genesis.json']);
  });

  it('are refused cut off anywhere, and with anything after their end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), async (part) => {
        const cut = await backup.copy(file, (bytes) => bytes.subarray(0, Math.floor(part * bytes.length)));
        await assert.rejects(read(cut), { code: 'FILE_MALFORMED' });
      }),
      { numRuns: 40 },
    );
    const longer = await backup.copy(file, (bytes) => Buffer.concat([bytes, Buffer.from([0])]));
    await assert.rejects(read(longer), { code: 'FILE_MALFORMED' });
  });

  it('are refused with a false certificate, link or state whose file is otherwise in order', async () => {
    const failures: unknown[] = [];
    const expectInvalid = async (forged: Promise<string>) => {
      const path = await forged;
      failures.push(
        await read(path).then(
          () => 'accepted',
          (error) => checkOf(error) ?? errorCode(error),
        ),
      );
      await rm(path);
    };
    await expectInvalid(forgedHead((head) => ({ ...head, header: { ...head.header, timeMs: 1 } })));
    await expectInvalid(
      forgedHead((head) => ({
        ...head,
        certificate: { ...head.certificate, seals: head.certificate.seals.slice(1) },
      })),
    );
    await expectInvalid(forgedHead((head) => ({ ...head, links: [] })));
    await expectInvalid(forgedHead((head) => ({ ...head, version: 2 })));
    await expectInvalid(forgedPage((page) => page.slice(1)));
    await expectInvalid(forgedPage((page) => [...page].reverse()));
    await expectInvalid(
      forgedPage(([first, ...rest]) => (first === undefined ? rest : [first, first, ...rest])),
    );
    await expectInvalid(
      forgedPage((page) => page.map((leaf, i) => (i === 3 ? { ...leaf, value: Uint8Array.of(1) } : leaf))),
    );
    await expectInvalid(backup.forge(file, 'snapshot', (records) => records.slice(0, 1)));
    await expectInvalid(backup.forge(file, 'snapshot', () => []));
    assert.deepEqual(failures, [
      'CERTIFICATE',
      'CERTIFICATE',
      'HEADER',
      'SNAPSHOT_VERSION',
      'STATE_ROOT',
      'ORDER',
      'ORDER',
      'STATE_ROOT',
      'STATE_ROOT',
      'FORM',
    ]);
  });

  it('are read with bounded memory, whatever lengths a file claims', async () => {
    const huge = await backup.copy(file, (bytes) => {
      bytes.writeUInt32BE(0xffff_ffff, 'metanode-snapshot/1\n'.length);
      return bytes;
    });
    await assert.rejects(read(huge), { code: 'FILE_MALFORMED' });
    await writeFile(backup.path('other'), 'metanode-blocks/1\n');
    await assert.rejects(read(backup.path('other')), { code: 'FILE_MALFORMED' });
    await assert.rejects(read(backup.path('none')), { code: 'FILE_UNREADABLE' });
    await assert.rejects(read(temporary.path), { code: 'FILE_UNREADABLE' });
  });
});
