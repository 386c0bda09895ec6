/** A binary heap of events on the virtual time axis; events of one instant keep the order in which they were added. */
export class EventQueue<E> {
  readonly #heap: { atMs: number; sequence: number; event: E }[] = [];
  #sequence = 0;

  /** When the next event is due; Infinity when there is none. */
  get nextAtMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  push(atMs: number, event: E): void {
    const heap = this.#heap;
    heap.push({ atMs, sequence: this.#sequence++, event });
    let index = heap.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isBefore(index, parent)) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  pop(): { atMs: number; event: E } | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (heap.length > 0) {
      heap[0] = last;
      this.#sink();
    }
    return first;
  }

  #sink(): void {
    const { length } = this.#heap;
    for (let index = 0; ; ) {
      let smallest = index;
      for (const child of [2 * index + 1, 2 * index + 2])
        if (child < length && this.#isBefore(child, smallest)) smallest = child;
      if (smallest === index) return;
      this.#swap(index, smallest);
      index = smallest;
    }
  }

  #isBefore(i: number, j: number): boolean {
    const a = this.#heap[i] as { atMs: number; sequence: number };
    const b = this.#heap[j] as { atMs: number; sequence: number };
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);
  }

  #swap(i: number, j: number): void {
    const heap = this.#heap;
    [heap[i], heap[j]] = [heap[j] as (typeof heap)[number], heap[i] as (typeof heap)[number]];
  }
}
