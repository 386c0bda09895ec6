import type { Type } from '@chainsafe/ssz';
import { hashOf } from '../crypto/hash.ts';
import { type Block, type BlockHeader, BlockHeaderType, decodeBlock } from '../types/block.ts';
import { type Certificate, CertificateType } from '../types/certificate.ts';
import type { DroppedTransaction } from '../types/dropped-transaction.ts';
import { type Evidence, EvidenceType, hashEvidence } from '../types/evidence.ts';
import { LEDGERS, type LedgerName } from '../types/names.ts';
import { type BlockProofItems, BlockProofItemsType } from '../types/proof-items.ts';
import { type BlockReceipts, BlockReceiptsType } from '../types/receipt.ts';
import { decode, encode, type Hash } from '../types/ssz.ts';
import type { StateChange, StateLeaf } from '../types/state-leaf.ts';
import { type Validator, ValidatorListType } from '../types/validator.ts';
import { concatBytes, equalBytes, fromHex, toHex } from '../util/bytes.ts';
import { NodeError } from '../util/errors.ts';
import { BillIndex, type StoredBill } from './bill-index.ts';
import { corrupt, readable, type StorageErrorCode } from './errors.ts';
import type { BatchOperation, KeyValueStore } from './key-value.ts';
import {
  EVIDENCE_RANGE,
  type HeightKind,
  hashKey,
  heightKey,
  LEAF_RANGE,
  leafKey,
  leafOfKey,
  metaKey,
  readUint64,
  suffixOf,
  uint64,
  VALIDATORS_RANGE,
} from './keys.ts';
import { OwnPool } from './own-pool.ts';
import { WriteQueue } from './write-queue.ts';

/** Raised by one whenever the layout or a schema on disk changes. */
export const STORE_VERSION = 2;

/** A header has a fixed size, so the bytes of a block are header ‖ rest, and each part is stored once. */
const HEADER_BYTES = BlockHeaderType.fixedSize as number;

/** The last committed block; height 0 is genesis, whose "hash" is the genesis hash. */
export interface StoredHead {
  readonly height: number;
  readonly hash: Hash;
}

/** Where a transaction stands in the chain: `index` counts within its section. */
export interface TransactionPlace {
  readonly height: number;
  readonly ledger: LedgerName;
  readonly index: number;
}

/** All that one block changes on disk. */
export interface BlockCommit {
  readonly height: number;
  readonly hash: Hash;
  /** The encoding of the block. */
  readonly bytes: Uint8Array;
  readonly receipts: BlockReceipts;
  readonly proofItems: BlockProofItems;
  /** Its charges, if it has any. */
  readonly bill?: StoredBill;
  readonly certificate: Certificate;
  readonly stateChanges: Iterable<StateChange>;
  /** V(height + 1), where it is not V(height): a step of every finality proof of a later block. */
  readonly nextValidators?: readonly Validator[];
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
      const head = store.getSync(metaKey('head'));
      if (head !== undefined && head.length !== 40) throw corrupt('head', undefined);
      const pool = await OwnPool.load(store);
      return new BlockStore(
        store,
        genesisHash,
        pool,
        head === undefined ? undefined : { height: readUint64(head), hash: toHex(head.subarray(8)) },
      );
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
    const { height, hash, bytes } = commit;
    if (this.#head === undefined || height !== this.#head.height + 1) throw notNext(this.#head, height);
    const operations: BatchOperation[] = [
      { type: 'put', key: heightKey('header', height), value: bytes.subarray(0, HEADER_BYTES) },
      { type: 'put', key: heightKey('body', height), value: bytes.subarray(HEADER_BYTES) },
      { type: 'put', key: heightKey('receipts', height), value: encode(BlockReceiptsType, commit.receipts) },
      {
        type: 'put',
        key: heightKey('proofItems', height),
        value: encode(BlockProofItemsType, commit.proofItems),
      },
      {
        type: 'put',
        key: heightKey('certificate', height),
        value: encode(CertificateType, commit.certificate),
      },
      { type: 'put', key: hashKey('blockHash', hash), value: uint64(height) },
    ];
    if (commit.nextValidators !== undefined)
      operations.push({
        type: 'put',
        key: heightKey('validators', height),
        value: encode(ValidatorListType, [...commit.nextValidators]),
      });
    operations.push(...this.bills.operations(height, commit.bill, commit.receipts.system));
    for (const section of commit.receipts.sections)
      for (const receipt of section) {
        operations.push({
          type: 'put',
          key: hashKey('transaction', receipt.txId),
          value: placeValue(receipt),
        });
        operations.push(...this.#pool.settle(receipt.txId));
      }
    for (const change of commit.stateChanges) operations.push(leafOperation(change));
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
    return value === undefined ? undefined : readable(`place of transaction ${id}`, () => placeOf(value));
  }

  /** All leaves of the state in key order, in pages. @throws NodeError STORE_CORRUPT */
  async *loadStateLeaves(): AsyncGenerator<readonly StateLeaf[]> {
    for await (const page of this.#store.pages(LEAF_RANGE))
      yield page.map(({ key, value }) => {
        const place = leafOfKey(key);
        if (place === undefined) throw corrupt('state leaf', undefined);
        return { ...place, value };
      });
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

async function bindToChain(store: KeyValueStore, genesisHash: Hash): Promise<void> {
  const version = store.getSync(metaKey('version'));
  const genesis = store.getSync(metaKey('genesis'));
  if (version === undefined || genesis === undefined) {
    await store.batch(
      [
        { type: 'put', key: metaKey('version'), value: uint64(STORE_VERSION) },
        { type: 'put', key: metaKey('genesis'), value: fromHex(genesisHash) },
      ],
      { sync: true },
    );
    return;
  }
  if (!equalBytes(version, uint64(STORE_VERSION)))
    throw new NodeError<StorageErrorCode>(
      'STORE_VERSION',
      'the database was written by another version of Metanode',
      {
        data: { stored: toHex(version), expected: STORE_VERSION },
        hint: 'start the version that wrote it, or let this one sync into an empty data directory',
      },
    );
  if (toHex(genesis) !== genesisHash)
    throw new NodeError<StorageErrorCode>('GENESIS_MISMATCH', 'the database belongs to another chain', {
      data: { stored: toHex(genesis), expected: genesisHash },
      hint: 'use the genesis file of that chain, or another --data-dir',
    });
}

function headOperation(head: StoredHead): BatchOperation {
  return { type: 'put', key: metaKey('head'), value: concatBytes(uint64(head.height), fromHex(head.hash)) };
}

function leafOperation({ subtree, path, value }: StateChange): BatchOperation {
  const key = leafKey(subtree, path);
  return value === undefined ? { type: 'del', key } : { type: 'put', key, value };
}

/** u64 height ‖ u8 ledger ‖ u32 index. */
function placeValue({ height, ledger, index }: TransactionPlace): Uint8Array {
  const value = new Uint8Array(13);
  const view = new DataView(value.buffer);
  view.setBigUint64(0, BigInt(height));
  view.setUint8(8, LEDGERS.indexOf(ledger));
  view.setUint32(9, index);
  return value;
}

function placeOf(value: Uint8Array): TransactionPlace {
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  const ledger = LEDGERS[view.getUint8(8)];
  if (ledger === undefined) throw new RangeError('no such ledger');
  return { height: readUint64(value), ledger, index: view.getUint32(9) };
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
