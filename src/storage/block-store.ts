import type { Type } from '@chainsafe/ssz';
import { hashOf } from '../crypto/hash.ts';
import { type Block, type BlockHeader, BlockHeaderType, decodeBlock } from '../types/block.ts';
import { type Certificate, CertificateType } from '../types/certificate.ts';
import type { DroppedTransaction } from '../types/dropped-transaction.ts';
import { type Evidence, EvidenceType, hashEvidence } from '../types/evidence.ts';
import { type BlockProofItems, BlockProofItemsType } from '../types/proof-items.ts';
import { type BlockReceipts, BlockReceiptsType } from '../types/receipt.ts';
import { decode, encode } from '../types/ssz.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import type { StateLeaf } from '../types/state-leaf.ts';
import { type Validator, ValidatorListType } from '../types/validator.ts';
import { concatBytes, fromHex, toHex } from '../util/bytes.ts';
import { NodeError } from '../util/errors.ts';
import { BillIndex } from './bill-index.ts';
import { type BlockCommit, blockOperations, leafOperation } from './block-commit.ts';
import { bindToChain } from './chain-binding.ts';
import { corrupt, readable, type StorageErrorCode } from './errors.ts';
import type { BatchOperation, KeyValue, KeyValueStore } from './key-value.ts';
import {
  EVIDENCE_RANGE,
  type HeightKind,
  hashKey,
  heightKey,
  KINDS,
  type Kind,
  LEAF_RANGE,
  leafOfKey,
  metaKey,
  rangeOf,
  readUint64,
  suffixOf,
  uint64,
  VALIDATORS_RANGE,
} from './keys.ts';
import { OwnPool } from './own-pool.ts';
import { decodePlace, type TransactionPlace } from './transaction-place.ts';
import { WriteQueue } from './write-queue.ts';

/** The last committed block; height 0 is genesis, whose "hash" is the genesis hash. */
export interface StoredHead {
  readonly height: number;
  readonly hash: Hash;
}

/**
 * Blocks with receipts and certificates, the leaves of the state, the transaction index and the own pool, in one
 * database of one chain. Every write is synced before its promise resolves, and everything a block changes is one
 * atomic batch: after a crash at any point the store is as it was before the block or after it.
 */
export class BlockStore {
  readonly #store: KeyValueStore;
  readonly #writes: WriteQueue;
  readonly #pool: OwnPool;
  readonly #genesisHash: Hash;
  /** The charges of all blocks. */
  readonly bills: BillIndex;
  #head: StoredHead | undefined;

  private constructor(store: KeyValueStore, genesisHash: Hash, pool: OwnPool, head: StoredHead | undefined) {
    this.#store = store;
    this.#genesisHash = genesisHash;
    this.#writes = new WriteQueue(store);
    this.#pool = pool;
    this.bills = new BillIndex(store);
    this.#head = head;
  }

  /**
   * Takes over `store`, and closes it if it cannot be used. An empty store is bound to this chain for good.
   * @throws NodeError STORE_VERSION, GENESIS_MISMATCH, STORE_CORRUPT
   */
  static async open(store: KeyValueStore, genesisHash: Hash): Promise<BlockStore> {
    try {
      await bindToChain(store, genesisHash);
      const head = loadHead(store);
      return new BlockStore(store, genesisHash, await OwnPool.load(store), head);
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** Waits for the writes under way, then closes the database. */
  async close(): Promise<void> {
    await this.#writes.idle();
    await this.#store.close();
  }

  /** Undefined before `saveGenesis`. */
  head(): StoredHead | undefined {
    return this.#head;
  }

  /** The lowest height whose block is here: 1, unless the store began at a snapshot. */
  lowestHeight(): number {
    const base = this.#store.getSync(metaKey('base'));
    return base === undefined ? 1 : readable('base', () => readUint64(base)) + 1;
  }

  /** Writes the state that genesis gives and makes genesis the head. @throws NodeError NOT_NEXT_BLOCK */
  async saveGenesis(leaves: Iterable<StateLeaf>): Promise<void> {
    if (this.#head !== undefined) throw notNext(this.#head, 0);
    const head = { height: 0, hash: this.#genesisHash };
    const operations: BatchOperation[] = [headOperation(head)];
    for (const leaf of leaves) operations.push(leafOperation(leaf));
    await this.#writes.write(operations);
    this.#head = head;
  }

  /**
   * Writes the block after the head with everything it changes, in one synced batch. Transactions of the own pool
   * that stand in it leave the pool in the same batch. Callers commit one block at a time.
   * @throws NodeError NOT_NEXT_BLOCK, or the error of the database
   */
  async saveBlock(commit: BlockCommit): Promise<void> {
    const { height, hash } = commit;
    if (this.#head === undefined || height !== this.#head.height + 1) throw notNext(this.#head, height);
    const operations = blockOperations(commit);
    operations.push(...this.bills.operations(height, commit.bill, commit.receipts.system));
    for (const section of commit.receipts.sections)
      for (const { txId } of section) operations.push(...this.#pool.settle(txId));
    operations.push(headOperation({ height, hash }));
    await this.#writes.write(operations);
    this.#head = { height, hash };
  }

  loadHeader(height: number): BlockHeader | undefined {
    return this.#load('header', height, BlockHeaderType);
  }

  /** The hash of the block at a height; of genesis the genesis hash. */
  hashAt(height: number): Hash | undefined {
    if (height === this.#head?.height) return this.#head.hash;
    if (height === 0) return this.#genesisHash;
    const header = this.#store.getSync(heightKey('header', height));
    return header === undefined ? undefined : hashOf('header', header);
  }

  loadBlock(height: number): Block | undefined {
    const bytes = this.loadBlockBytes(height);
    if (bytes === undefined) return undefined;
    return readable(`block ${height}`, () => decodeBlock(bytes));
  }

  /** The encoding of a Block, as sync sends it. */
  loadBlockBytes(height: number): Uint8Array | undefined {
    const header = this.#store.getSync(heightKey('header', height));
    const body = this.#store.getSync(heightKey('body', height));
    if (header === undefined || body === undefined) return undefined;
    return concatBytes(header, body);
  }

  loadReceipts(height: number): BlockReceipts | undefined {
    return this.#load('receipts', height, BlockReceiptsType);
  }

  loadProofItems(height: number): BlockProofItems | undefined {
    return this.#load('proofItems', height, BlockProofItemsType);
  }

  loadCertificate(height: number): Certificate | undefined {
    return this.#load('certificate', height, CertificateType);
  }

  /** Every height whose header changes the validator set, ascending, with V(height + 1). */
  async loadValidatorChanges(): Promise<{ height: number; validators: Validator[] }[]> {
    const changes: { height: number; validators: Validator[] }[] = [];
    for await (const page of this.#store.pages(VALIDATORS_RANGE))
      for (const { key, value } of page)
        changes.push({
          height: readUint64(suffixOf(key)),
          validators: readable('validator set', () => decode(ValidatorListType, value, 'validator set')),
        });
    return changes;
  }

  heightOfBlock(hash: Hash): number | undefined {
    const value = this.#store.getSync(hashKey('blockHash', hash));
    return value === undefined ? undefined : readable(`height of block ${hash}`, () => readUint64(value));
  }

  findTransaction(id: Hash): TransactionPlace | undefined {
    const value = this.#store.getSync(hashKey('transaction', id));
    return value === undefined ? undefined : readable(`place of transaction ${id}`, () => decodePlace(value));
  }

  /** All leaves of the state in key order, in pages. @throws NodeError STORE_CORRUPT */
  async *loadStateLeaves(): AsyncGenerator<readonly StateLeaf[]> {
    for await (const page of this.#store.pages(LEAF_RANGE)) yield leavesOf(page);
  }

  /**
   * The head, and all leaves of its state in key order, in pages: those of one moment, whatever is committed while
   * they are read. They have to be read to the end or let go of by `return`. @throws NodeError STORE_CORRUPT
   */
  async loadHeadState(): Promise<{
    readonly head: StoredHead | undefined;
    readonly leaves: AsyncGenerator<readonly StateLeaf[]>;
  }> {
    while (!this.#writes.isIdle) await this.#writes.idle();
    // Nothing is written between these two steps, because nothing is awaited: they see the same moment.
    const head = loadHead(this.#store);
    const pages = this.#store.pages(LEAF_RANGE)[Symbol.asyncIterator]();
    const first = pages.next();
    async function* leaves() {
      try {
        for (let page = await first; page.done !== true; page = await pages.next())
          yield leavesOf(page.value);
      } finally {
        await pages.return?.();
      }
    }
    return { head, leaves: leaves() };
  }

  /** About how much each kind of record takes on disk, in bytes; what was written last may not be in it yet. */
  async sizes(): Promise<{ readonly kind: Kind; readonly bytes: number }[]> {
    return await Promise.all(
      KINDS.map(async (kind) => ({ kind, bytes: await this.#store.approximateBytes(rangeOf(kind)) })),
    );
  }

  /** Keeps a transaction that the own RPC accepted; to be awaited before the answer. */
  async savePooled(id: Hash, bytes: Uint8Array): Promise<void> {
    await this.#write(this.#pool.save(id, bytes));
  }

  /** Encoded transactions of the own pool, in the order in which they were accepted. */
  loadPooled(): Promise<Uint8Array[]> {
    return this.#pool.load();
  }

  /** Whether the own RPC accepted the transaction and it has neither a receipt nor a recorded drop yet. */
  isPooled(id: Hash): boolean {
    return this.#pool.has(id);
  }

  /** Ends a transaction of the own pool without a receipt. Transactions of others are not recorded. */
  async recordDrop(drop: DroppedTransaction): Promise<void> {
    await this.#write(this.#pool.recordDrop(drop));
  }

  findDrop(id: Hash): DroppedTransaction | undefined {
    return this.#pool.findDrop(id);
  }

  /** Recorded drops, newest first, at most LIMITS.maxRecentDrops. */
  loadDrops(): DroppedTransaction[] {
    return this.#pool.drops();
  }

  /** Keeps evidence until a block holds it. */
  async saveEvidence(evidence: Evidence): Promise<void> {
    const value = encode(EvidenceType, evidence);
    await this.#write([{ type: 'put', key: hashKey('evidence', hashEvidence(evidence)), value }]);
  }

  async deleteEvidence(hashes: readonly Hash[]): Promise<void> {
    await this.#write(hashes.map((hash) => ({ type: 'del', key: hashKey('evidence', hash) })));
  }

  /** Evidence that no block held when it was last looked at. @throws NodeError STORE_CORRUPT */
  async loadEvidence(): Promise<Evidence[]> {
    const found: Evidence[] = [];
    for await (const page of this.#store.pages(EVIDENCE_RANGE))
      for (const { value } of page)
        found.push(readable('evidence', () => decode(EvidenceType, value, 'evidence')));
    return found;
  }

  async #write(operations: readonly BatchOperation[]): Promise<void> {
    if (operations.length > 0) await this.#writes.write(operations);
  }

  #load<T>(kind: HeightKind, height: number, type: Type<T>): T | undefined {
    const bytes = this.#store.getSync(heightKey(kind, height));
    if (bytes === undefined) return undefined;
    return readable(`${kind} of block ${height}`, () => decode(type, bytes, kind));
  }
}

/** @throws NodeError STORE_CORRUPT */
function loadHead(store: KeyValueStore): StoredHead | undefined {
  const head = store.getSync(metaKey('head'));
  if (head === undefined) return undefined;
  if (head.length !== 40) throw corrupt('head', undefined);
  return { height: readUint64(head), hash: toHex(head.subarray(8)) };
}

function leavesOf(page: readonly KeyValue[]): readonly StateLeaf[] {
  return page.map(({ key, value }) => {
    const place = leafOfKey(key);
    if (place === undefined) throw corrupt('state leaf', undefined);
    return { ...place, value };
  });
}

function headOperation(head: StoredHead): BatchOperation {
  return { type: 'put', key: metaKey('head'), value: concatBytes(uint64(head.height), fromHex(head.hash)) };
}

function notNext(head: StoredHead | undefined, height: number): NodeError<StorageErrorCode> {
  return new NodeError<StorageErrorCode>(
    'NOT_NEXT_BLOCK',
    `height ${height} does not follow the stored head`,
    {
      data: { head: head?.height, height },
    },
  );
}
