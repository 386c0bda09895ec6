const BUCKET_MS = 1000;

/** Items by the time at which they end; adding, deleting and finding what is due cost O(1) per item. */
export class DeadlineIndex<Item> {
  readonly #buckets = new Map<number, Set<Item>>();
  /** Buckets before this one are empty. */
  #first = 0;

  add(deadlineMs: number, item: Item): void {
    const number = bucketOf(deadlineMs);
    const bucket = this.#buckets.get(number);
    if (bucket === undefined) this.#buckets.set(number, new Set([item]));
    else bucket.add(item);
    this.#first = Math.min(this.#first, number);
  }

  delete(deadlineMs: number, item: Item): void {
    const number = bucketOf(deadlineMs);
    const bucket = this.#buckets.get(number);
    if (bucket?.delete(item) === true && bucket.size === 0) this.#buckets.delete(number);
  }

  /** Items whose deadline may be over at `nowMs`: all that are, and those that end within the same second. */
  due(nowMs: number): Item[] {
    const last = bucketOf(nowMs);
    const items: Item[] = [];
    // After a pause there may be more seconds to visit than there are buckets.
    const numbers =
      last - this.#first > this.#buckets.size ? [...this.#buckets.keys()] : range(this.#first, last);
    for (const number of numbers) if (number <= last) items.push(...(this.#buckets.get(number) ?? []));
    this.#first = Math.max(this.#first, last);
    return items;
  }
}

function bucketOf(timeMs: number): number {
  return Math.floor(timeMs / BUCKET_MS);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
}
