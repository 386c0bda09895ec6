import type { DroppedTransaction } from '../types/dropped-transaction.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import { LIMITS } from '../util/limits.ts';

/** The last drop of each transaction that came to nothing, at most LIMITS.maxRecentDrops; the oldest gives way. */
export class RecentDrops {
  readonly #drops = new Map<Hash, DroppedTransaction>();

  add(drop: DroppedTransaction): void {
    this.#drops.delete(drop.txId);
    this.#drops.set(drop.txId, drop);
    for (const oldest of this.#drops.keys()) {
      if (this.#drops.size <= LIMITS.maxRecentDrops) break;
      this.#drops.delete(oldest);
    }
  }

  /** The transaction is back, or in a block after all. */
  forget(id: Hash): void {
    this.#drops.delete(id);
  }

  find(id: Hash): DroppedTransaction | undefined {
    return this.#drops.get(id);
  }

  newestFirst(): DroppedTransaction[] {
    return [...this.#drops.values()].reverse();
  }
}
