import assert from 'node:assert/strict';
import { hashOf } from '../../../src/crypto/hash.ts';
import { BlockStore } from '../../../src/storage/block-store.ts';
import { STORE_VERSION } from '../../../src/storage/chain-binding.ts';
import type { BatchOperation, KeyValueStore } from '../../../src/storage/key-value.ts';
import { heightKey, leafKey, metaKey, uint64 } from '../../../src/storage/keys.ts';
import { LevelStore } from '../../../src/storage/level-store.ts';
import { MemoryStore } from '../../../src/storage/memory-store.ts';
import { utf8 } from '../../../src/util/bytes.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { hashNumber, storedParts } from '../../support/blocks.ts';
import { useTemporaryDirectory } from '../../support/temporary-directory.ts';

const GENESIS_HASH = hashNumber(1000);
const leaf = (path: string, value: string) => ({ subtree: 'economy' as const, path, value: utf8(value) });

async function leavesOf(store: BlockStore): Promise<string[]> {
  const leaves: string[] = [];
  for await (const page of store.loadStateLeaves())
    for (const { subtree, path, value } of page)
      leaves.push(`${subtree} ${path} ${Buffer.from(value).toString()}`);
  return leaves;
}

function transactions(count: number, tag = 'tx'): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => utf8(`${tag} ${i}`));
}

const idOf = (bytes: Uint8Array) => hashOf('transaction', bytes);

/** A store that notes its batches and can refuse them, as a full disk does. */
class WatchedStore extends MemoryStore implements KeyValueStore {
  readonly batches: { operations: readonly BatchOperation[]; sync: boolean }[] = [];
  isFull = false;

  override async batch(operations: readonly BatchOperation[], options = { sync: false }): Promise<void> {
    if (this.isFull) throw new Error('no space left');
    this.batches.push({ operations, sync: options.sync });
    await super.batch(operations);
  }
}

describe('The block store', () => {
  let keyValue: WatchedStore;
  let store: BlockStore;
  beforeEach(async () => {
    keyValue = new WatchedStore();
    store = await BlockStore.open(keyValue, GENESIS_HASH);
  });

  it('has no head before genesis is saved, and genesis as head afterwards', async () => {
    assert.equal(store.head(), undefined);
    await store.saveGenesis([leaf('a', '1'), { subtree: 'system', path: 'b', value: utf8('2') }]);
    assert.deepEqual(store.head(), { height: 0, hash: GENESIS_HASH });
    assert.equal(store.hashAt(0), GENESIS_HASH);
    assert.deepEqual(await leavesOf(store), ['economy a 1', 'system b 2']);
  });

  it('loads a block, its header, receipts, proof items and certificate as they were saved', async () => {
    await store.saveGenesis([]);
    const parts = storedParts(1, [transactions(2, 'd'), [], transactions(1, 'b')]);
    await store.saveBlock({ ...parts, stateChanges: [] });
    assert.deepEqual(store.head(), { height: 1, hash: parts.hash });
    assert.deepEqual(store.loadHeader(1), parts.block.header);
    assert.deepEqual(store.loadBlock(1), parts.block);
    assert.deepEqual(store.loadBlockBytes(1), parts.bytes);
    assert.deepEqual(store.loadReceipts(1), parts.receipts);
    assert.deepEqual(store.loadProofItems(1), parts.proofItems);
    assert.deepEqual(store.loadCertificate(1), parts.certificate);
    assert.equal(store.heightOfBlock(parts.hash), 1);
    assert.equal(store.hashAt(1), parts.hash);
  });

  it('finds each transaction of a block by its id', async () => {
    await store.saveGenesis([]);
    const [docklock, bpi] = [transactions(2, 'd'), transactions(2, 'b')];
    await store.saveBlock({ ...storedParts(1, [docklock, [], bpi]), stateChanges: [] });
    assert.deepEqual(store.findTransaction(idOf(docklock[1] as Uint8Array)), {
      height: 1,
      ledger: 'docklock',
      index: 1,
    });
    assert.deepEqual(store.findTransaction(idOf(bpi[0] as Uint8Array)), {
      height: 1,
      ledger: 'bpi',
      index: 0,
    });
    assert.equal(store.findTransaction(hashNumber(5)), undefined);
  });

  it('has nothing for heights and hashes that it does not hold', async () => {
    await store.saveGenesis([]);
    assert.equal(store.loadHeader(5), undefined);
    assert.equal(store.loadBlock(5), undefined);
    assert.equal(store.loadBlockBytes(5), undefined);
    assert.equal(store.loadReceipts(5), undefined);
    assert.equal(store.loadProofItems(5), undefined);
    assert.equal(store.hashAt(5), undefined);
    assert.equal(store.loadCertificate(5), undefined);
    assert.equal(store.heightOfBlock(hashNumber(5)), undefined);
  });

  it('changes, adds and removes leaves of the state with the block', async () => {
    await store.saveGenesis([leaf('a', '1'), leaf('b', '1')]);
    const stateChanges = [
      leaf('a', '2'),
      leaf('c/é', '3'),
      { subtree: 'economy' as const, path: 'b', value: undefined },
    ];
    await store.saveBlock({ ...storedParts(1), stateChanges });
    assert.deepEqual(await leavesOf(store), ['economy a 2', 'economy c/é 3']);
  });

  it('writes everything that a block changes in one synced batch', async () => {
    await store.saveGenesis([]);
    const [own] = transactions(1) as [Uint8Array];
    await store.savePooled(idOf(own), own);
    keyValue.batches.length = 0;
    await store.saveBlock({ ...storedParts(1, [[own]]), stateChanges: [leaf('a', '1')] });
    assert.equal(keyValue.batches.length, 1);
    assert.equal(keyValue.batches[0]?.sync, true);
  });

  it('keeps head and content as they were when the disk refuses a block', async () => {
    await store.saveGenesis([]);
    keyValue.isFull = true;
    await assert.rejects(store.saveBlock({ ...storedParts(1), stateChanges: [leaf('a', '1')] }), /no space/);
    assert.deepEqual(store.head(), { height: 0, hash: GENESIS_HASH });
    assert.equal(store.loadBlock(1), undefined);
    assert.deepEqual(await leavesOf(store), []);
  });

  it('refuses a block that does not follow the head, and a second genesis', async () => {
    await assert.rejects(store.saveBlock({ ...storedParts(1), stateChanges: [] }), {
      code: 'NOT_NEXT_BLOCK',
    });
    await store.saveGenesis([]);
    for (const height of [2, 3])
      await assert.rejects(store.saveBlock({ ...storedParts(height), stateChanges: [] }), {
        code: 'NOT_NEXT_BLOCK',
      });
    await assert.rejects(store.saveGenesis([]), { code: 'NOT_NEXT_BLOCK' });
  });

  it('lists the heights at which the validator set changes, in order', async () => {
    await store.saveGenesis([]);
    const validator = (n: number) => ({
      id: hashNumber(n),
      consensusKey: hashNumber(n + 1),
      vrfKey: hashNumber(n + 2),
    });
    await store.saveBlock({ ...storedParts(1), stateChanges: [], nextValidators: [validator(1)] });
    await store.saveBlock({ ...storedParts(2), stateChanges: [] });
    await store.saveBlock({
      ...storedParts(3),
      stateChanges: [],
      nextValidators: [validator(1), validator(4)],
    });
    assert.deepEqual(await store.loadValidatorChanges(), [
      { height: 1, validators: [validator(1)] },
      { height: 3, validators: [validator(1), validator(4)] },
    ]);
  });

  it('says STORE_CORRUPT when the disk returns what was never written', async () => {
    await store.saveGenesis([]);
    await store.saveBlock({ ...storedParts(1), stateChanges: [] });
    for (const kind of ['header', 'body', 'receipts', 'certificate'] as const)
      await keyValue.batch([{ type: 'put', key: heightKey(kind, 1), value: Uint8Array.of(1, 2, 3) }]);
    assert.throws(() => store.loadHeader(1), { code: 'STORE_CORRUPT' });
    assert.throws(() => store.loadBlock(1), { code: 'STORE_CORRUPT' });
    assert.throws(() => store.loadReceipts(1), { code: 'STORE_CORRUPT' });
    assert.throws(() => store.loadCertificate(1), { code: 'STORE_CORRUPT' });
    const strange = leafKey('system', 'x');
    strange[2] = 77;
    await keyValue.batch([{ type: 'put', key: strange, value: Uint8Array.of(1) }]);
    await assert.rejects(leavesOf(store), { code: 'STORE_CORRUPT' });
  });

  describe('that is opened again', () => {
    const directory = useTemporaryDirectory();
    const open = async (genesisHash = GENESIS_HASH) =>
      BlockStore.open(await LevelStore.open(directory.join('db')), genesisHash);

    it('has the same head, blocks, leaves, pool and drops', async () => {
      const first = await open();
      await first.saveGenesis([leaf('a', '1')]);
      const parts = storedParts(1, [transactions(2)]);
      await first.saveBlock({ ...parts, stateChanges: [leaf('b', '2')] });
      const [kept, dropped] = transactions(2, 'own') as [Uint8Array, Uint8Array];
      await first.savePooled(idOf(kept), kept);
      await first.savePooled(idOf(dropped), dropped);
      const drop = { txId: idOf(dropped), reason: 'EXPIRED' as const, atMs: 12 };
      await first.recordDrop(drop);
      await first.close();

      const second = await open();
      assert.deepEqual(second.head(), { height: 1, hash: parts.hash });
      assert.deepEqual(second.loadBlockBytes(1), parts.bytes);
      assert.deepEqual(await leavesOf(second), ['economy a 1', 'economy b 2']);
      assert.deepEqual(await second.loadPooled(), [kept]);
      assert.equal(second.isPooled(idOf(kept)), true);
      assert.deepEqual(second.loadDrops(), [drop]);
      await second.close();
    });

    it('refuses another chain, another version and damage, and gives the database free again', async () => {
      await (await open()).close();
      await assert.rejects(open(hashNumber(2)), { code: 'GENESIS_MISMATCH' });
      const raw = await LevelStore.open(directory.join('db'));
      await raw.batch([{ type: 'put', key: metaKey('version'), value: uint64(99) }], { sync: true });
      await raw.close();
      await assert.rejects(open(), { code: 'STORE_VERSION' });
      const again = await LevelStore.open(directory.join('db'));
      await again.batch(
        [
          { type: 'put', key: metaKey('version'), value: uint64(STORE_VERSION) },
          { type: 'put', key: metaKey('head'), value: Uint8Array.of(1) },
        ],
        { sync: true },
      );
      await again.close();
      await assert.rejects(open(), { code: 'STORE_CORRUPT' });
    });
  });

  describe('as the own pool', () => {
    beforeEach(() => store.saveGenesis([]));

    it('returns transactions in the order in which they were accepted', async () => {
      const own = transactions(20);
      await Promise.all(own.map((bytes) => store.savePooled(idOf(bytes), bytes)));
      await store.savePooled(idOf(own[0] as Uint8Array), own[0] as Uint8Array);
      assert.deepEqual(await store.loadPooled(), own);
    });

    it('shares one synced write among transactions that come together', async () => {
      keyValue.batches.length = 0;
      await Promise.all(transactions(100).map((bytes) => store.savePooled(idOf(bytes), bytes)));
      assert.equal(keyValue.batches.length, 2);
      assert.ok(keyValue.batches.every(({ sync }) => sync));
    });

    it('lets go what a block holds, even when both are written at once', async () => {
      const [own, other] = transactions(2) as [Uint8Array, Uint8Array];
      await Promise.all([
        store.savePooled(idOf(other), other),
        store.savePooled(idOf(own), own),
        store.saveBlock({ ...storedParts(1, [[own]]), stateChanges: [] }),
      ]);
      assert.deepEqual(await store.loadPooled(), [other]);
      assert.equal(store.isPooled(idOf(own)), false);
    });

    it('replaces a pooled transaction by the record of its drop', async () => {
      const [own] = transactions(1) as [Uint8Array];
      await store.savePooled(idOf(own), own);
      await store.recordDrop({ txId: idOf(own), reason: 'NONCE_USED', atMs: 5 });
      assert.deepEqual(await store.loadPooled(), []);
      assert.deepEqual(store.findDrop(idOf(own)), { txId: idOf(own), reason: 'NONCE_USED', atMs: 5 });
    });

    it('records no drop of a transaction that the own RPC never accepted', async () => {
      await store.recordDrop({ txId: hashNumber(3), reason: 'EXPIRED', atMs: 5 });
      assert.deepEqual(store.loadDrops(), []);
    });

    it('forgets a drop when a block holds the transaction after all, or it is accepted again', async () => {
      const [first, second] = transactions(2) as [Uint8Array, Uint8Array];
      for (const bytes of [first, second]) {
        await store.savePooled(idOf(bytes), bytes);
        await store.recordDrop({ txId: idOf(bytes), reason: 'POOL_AGE', atMs: 5 });
      }
      await store.saveBlock({ ...storedParts(1, [[first]]), stateChanges: [] });
      await store.savePooled(idOf(second), second);
      assert.deepEqual(store.loadDrops(), []);
      assert.deepEqual(await store.loadPooled(), [second]);
    });

    it('keeps a bounded number of drops, newest first', async () => {
      const own = transactions(LIMITS.maxRecentDrops + 10);
      await Promise.all(own.map((bytes) => store.savePooled(idOf(bytes), bytes)));
      await Promise.all(
        own.map((bytes, i) => store.recordDrop({ txId: idOf(bytes), reason: 'EXPIRED' as const, atMs: i })),
      );
      const drops = store.loadDrops();
      assert.equal(drops.length, LIMITS.maxRecentDrops);
      assert.equal(drops[0]?.atMs, own.length - 1);
      const again = await BlockStore.open(keyValue, GENESIS_HASH);
      assert.deepEqual(again.loadDrops(), drops);
    });
  });
});
