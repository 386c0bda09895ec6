import type { Hash } from '../types/ssz-bytes.ts';
import type { EncodedTransaction } from '../types/transaction.ts';

/** The transactions of lists of ids, as far as they are here. */
export class GatheredTransactions {
  readonly #lists: readonly (readonly Hash[])[];
  readonly #maxBytes: number;
  /** In which lists an id stands, once for each time. */
  readonly #placesOf = new Map<Hash, number[]>();
  readonly #bytes: number[];
  readonly #found = new Map<Hash, EncodedTransaction>();
  #isTooLarge = false;

  /** `maxBytes`: what the transactions of one list may come to. */
  constructor(lists: readonly (readonly Hash[])[], maxBytes: number) {
    this.#lists = lists;
    this.#maxBytes = maxBytes;
    this.#bytes = lists.map(() => 0);
    for (const [place, list] of lists.entries())
      for (const id of list) {
        const places = this.#placesOf.get(id);
        if (places === undefined) this.#placesOf.set(id, [place]);
        else places.push(place);
      }
  }

  /** Whether a list is too large already, whatever is still missing. */
  get isTooLarge(): boolean {
    return this.#isTooLarge;
  }

  /** Takes a transaction that is named and missing. */
  add(transaction: EncodedTransaction): void {
    if (this.#found.has(transaction.id)) return;
    this.#found.set(transaction.id, transaction);
    for (const place of this.#placesOf.get(transaction.id) ?? []) {
      const bytes = (this.#bytes[place] ?? 0) + transaction.bytes.length;
      this.#bytes[place] = bytes;
      this.#isTooLarge ||= bytes > this.#maxBytes;
    }
  }

  isMissing(id: Hash): boolean {
    return this.#placesOf.has(id) && !this.#found.has(id);
  }

  missing(): Hash[] {
    return [...this.#placesOf.keys()].filter((id) => !this.#found.has(id));
  }

  /** All of them, once none is missing. */
  lists(): EncodedTransaction[][] {
    return this.#lists.map((list) => list.map((id) => this.#found.get(id) as EncodedTransaction));
  }
}
