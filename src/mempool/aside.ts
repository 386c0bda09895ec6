import type { Hash } from '../types/ssz-bytes.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import { LIMITS } from '../util/limits.ts';

/**
 * Transactions that undecided proposals name and that are not in the pool: fetched variants, and what the pool gave
 * up while a proposal named it. They live until the height is decided.
 */
export class Aside {
  readonly #pinned = new Set<Hash>();
  readonly #transactions = new Map<Hash, EncodedTransaction>();
  #bytes = 0;

  get size(): number {
    return this.#transactions.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  pin(ids: Iterable<Hash>): void {
    for (const id of ids) {
      if (this.#pinned.size >= LIMITS.maxPinnedTransactions) return;
      this.#pinned.add(id);
    }
  }

  isPinned(id: Hash): boolean {
    return this.#pinned.has(id);
  }

  get(id: Hash): EncodedTransaction | undefined {
    return this.#transactions.get(id);
  }

  /** False if there is no room. */
  add(transaction: EncodedTransaction): boolean {
    if (this.#transactions.has(transaction.id)) return true;
    if (this.#bytes + transaction.bytes.length > LIMITS.maxAsideBytes) return false;
    this.#transactions.set(transaction.id, transaction);
    this.#bytes += transaction.bytes.length;
    return true;
  }

  clear(): void {
    this.#pinned.clear();
    this.#transactions.clear();
    this.#bytes = 0;
  }
}
