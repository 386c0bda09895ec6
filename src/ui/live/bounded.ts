/** The last `limit` items, with a new one at the end. */
export function appended<T>(items: readonly T[], item: T, limit: number): readonly T[] {
  return [...items.slice(Math.max(0, items.length + 1 - limit)), item];
}

/** A map that forgets what was set first once it holds more than its limit. */
export class BoundedMap<Key, Value> {
  readonly #limit: number;
  readonly #entries = new Map<Key, Value>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  has(key: Key): boolean {
    return this.#entries.has(key);
  }

  set(key: Key, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#limit) return;
      this.#entries.delete(oldest);
    }
  }

  /** The value of the key, which is forgotten. */
  take(key: Key): Value | undefined {
    const value = this.#entries.get(key);
    this.#entries.delete(key);
    return value;
  }

  values(): IterableIterator<Value> {
    return this.#entries.values();
  }
}

/** The value below which a part of the numbers lies, by nearest rank; undefined for none. */
export function quantile(numbers: readonly number[], part: number): number | undefined {
  const ordered = numbers.toSorted((a, b) => a - b);
  return ordered[Math.min(ordered.length - 1, Math.max(0, Math.ceil(part * ordered.length) - 1))];
}
