import { compareBytes } from '../util/bytes.ts';
import type { BatchOperation, KeyRange, KeyValue, KeyValueStore } from './key-value.ts';

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}

/** The twin of LevelStore in memory: nothing survives `close`. Iteration sorts, so it is meant for small data. */
export class MemoryStore implements KeyValueStore {
  readonly #entries = new Map<string, KeyValue>();

  getSync(key: Uint8Array): Uint8Array | undefined {
    return this.#entries.get(textOf(key))?.value.slice();
  }

  async *pages(range: KeyRange): AsyncGenerator<readonly KeyValue[]> {
    const page = [...this.#entries.values()]
      .filter(({ key }) => compareBytes(key, range.gte) >= 0 && compareBytes(key, range.lt) < 0)
      .sort((a, b) => compareBytes(a.key, b.key))
      .map(({ key, value }) => ({ key: key.slice(), value: value.slice() }));
    if (page.length > 0) yield page;
  }

  async approximateBytes({ gte, lt }: KeyRange): Promise<number> {
    let bytes = 0;
    for (const { key, value } of this.#entries.values())
      if (compareBytes(key, gte) >= 0 && compareBytes(key, lt) < 0) bytes += key.length + value.length;
    return bytes;
  }

  async batch(operations: readonly BatchOperation[]): Promise<void> {
    for (const operation of operations) {
      const key = operation.key.slice();
      if (operation.type === 'put') this.#entries.set(textOf(key), { key, value: operation.value.slice() });
      else this.#entries.delete(textOf(key));
    }
  }

  async close(): Promise<void> {
    this.#entries.clear();
  }
}
