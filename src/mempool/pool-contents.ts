import type { Address, Hash } from '../types/ssz-bytes.ts';
import { DeadlineIndex } from './deadline-index.ts';
import type { PoolEntry } from './lane.ts';

/** The entries of the pool, whatever their lanes: by id, in order of arrival, by deadline, and what room they take. */
export class PoolContents {
  /** In order of arrival. */
  readonly #entries = new Map<Hash, PoolEntry>();
  readonly #deadlines = new DeadlineIndex<PoolEntry>();
  readonly #senderBytes = new Map<Address, number>();
  #bytes = 0;

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** What the transactions of one sender take, on all ledgers. */
  bytesOf(sender: Address): number {
    return this.#senderBytes.get(sender) ?? 0;
  }

  has(id: Hash): boolean {
    return this.#entries.has(id);
  }

  get(id: Hash): PoolEntry | undefined {
    return this.#entries.get(id);
  }

  /** In order of arrival. */
  all(): IterableIterator<PoolEntry> {
    return this.#entries.values();
  }

  /** Those whose deadline is over. */
  expired(nowMs: number): PoolEntry[] {
    return this.#deadlines.due(nowMs).filter(({ deadlineMs }) => nowMs > deadlineMs);
  }

  add(entry: PoolEntry): void {
    const { transaction, lane, deadlineMs } = entry;
    this.#entries.set(transaction.id, entry);
    this.#deadlines.add(deadlineMs, entry);
    this.#countBytes(lane.sender, transaction.bytes.length);
  }

  delete(entry: PoolEntry): void {
    const { transaction, lane, deadlineMs } = entry;
    this.#entries.delete(transaction.id);
    this.#deadlines.delete(deadlineMs, entry);
    this.#countBytes(lane.sender, -transaction.bytes.length);
  }

  #countBytes(sender: Address, difference: number): void {
    this.#bytes += difference;
    const bytes = this.bytesOf(sender) + difference;
    if (bytes === 0) this.#senderBytes.delete(sender);
    else this.#senderBytes.set(sender, bytes);
  }
}
