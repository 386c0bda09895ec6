import { type DroppedTransaction, DroppedTransactionType } from '../types/dropped-transaction.ts';
import { decode, encode } from '../types/ssz.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import { concatBytes, toHex } from '../util/bytes.ts';
import { LIMITS } from '../util/limits.ts';
import type { BatchOperation, KeyValueStore } from './key-value.ts';
import { DROP_RANGE, dropKey, hashKey, POOLED_RANGE, readUint64, suffixOf, uint64 } from './keys.ts';

/**
 * What the own RPC has accepted and no block holds yet, and the drops of such transactions. Each method returns the
 * operations that make the change durable; whoever calls writes them, alone or together with a block, so that a
 * transaction ends in exactly one of a receipt and a recorded drop.
 */
export class OwnPool {
  readonly #store: KeyValueStore;
  readonly #pooled = new Set<Hash>();
  /** By transaction, oldest first. */
  readonly #drops = new Map<Hash, { readonly drop: DroppedTransaction; readonly sequence: number }>();
  #nextPooled = 0;
  #nextDrop = 0;

  private constructor(store: KeyValueStore) {
    this.#store = store;
  }

  static async load(store: KeyValueStore): Promise<OwnPool> {
    const pool = new OwnPool(store);
    for await (const page of store.pages(POOLED_RANGE))
      for (const { key, value } of page) {
        pool.#pooled.add(toHex(suffixOf(key)));
        pool.#nextPooled = Math.max(pool.#nextPooled, readUint64(value) + 1);
      }
    for await (const page of store.pages(DROP_RANGE))
      for (const { key, value } of page) {
        const drop = decode(DroppedTransactionType, value, 'recorded drop');
        const sequence = readUint64(suffixOf(key));
        pool.#drops.set(drop.txId, { drop, sequence });
        pool.#nextDrop = sequence + 1;
      }
    return pool;
  }

  has(id: Hash): boolean {
    return this.#pooled.has(id);
  }

  /** Encoded transactions in the order in which they were accepted. */
  async load(): Promise<Uint8Array[]> {
    const found: { sequence: number; bytes: Uint8Array }[] = [];
    for await (const page of this.#store.pages(POOLED_RANGE))
      for (const { value } of page) found.push({ sequence: readUint64(value), bytes: value.subarray(8) });
    return found.sort((a, b) => a.sequence - b.sequence).map(({ bytes }) => bytes);
  }

  save(id: Hash, bytes: Uint8Array): BatchOperation[] {
    if (this.#pooled.has(id)) return [];
    this.#pooled.add(id);
    const value = concatBytes(uint64(this.#nextPooled++), bytes);
    return [...this.#forgetDrop(id), { type: 'put', key: hashKey('pooled', id), value }];
  }

  /** A block holds the transaction: it has a receipt now, even if this node had given it up. */
  settle(id: Hash): BatchOperation[] {
    return [...this.#forgetDrop(id), ...this.#remove(id)];
  }

  /** Only own transactions are recorded; the oldest record gives way to the newest. */
  recordDrop(drop: DroppedTransaction): BatchOperation[] {
    const operations = this.#remove(drop.txId);
    if (operations.length === 0) return [];
    for (const oldest of this.#drops.keys()) {
      if (this.#drops.size < LIMITS.maxRecentDrops) break;
      operations.push(...this.#forgetDrop(oldest));
    }
    const sequence = this.#nextDrop++;
    this.#drops.set(drop.txId, { drop, sequence });
    operations.push({ type: 'put', key: dropKey(sequence), value: encode(DroppedTransactionType, drop) });
    return operations;
  }

  findDrop(id: Hash): DroppedTransaction | undefined {
    return this.#drops.get(id)?.drop;
  }

  /** Newest first. */
  drops(): DroppedTransaction[] {
    return [...this.#drops.values()].map(({ drop }) => drop).reverse();
  }

  #remove(id: Hash): BatchOperation[] {
    if (!this.#pooled.delete(id)) return [];
    return [{ type: 'del', key: hashKey('pooled', id) }];
  }

  #forgetDrop(id: Hash): BatchOperation[] {
    const known = this.#drops.get(id);
    if (known === undefined) return [];
    this.#drops.delete(id);
    return [{ type: 'del', key: dropKey(known.sequence) }];
  }
}
