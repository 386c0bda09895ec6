import type { BatchOperation, KeyValueStore } from './key-value.ts';

interface PendingWrite {
  readonly operations: readonly BatchOperation[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Puts all writes of one database in order and syncs each. What arrives while a write is under way shares the next
 * one (group commit): a hundred small writes then cost two syncs and not a hundred. A batch of the queue is atomic,
 * so an element of it is too.
 */
export class WriteQueue {
  readonly #store: KeyValueStore;
  #pending: PendingWrite[] = [];
  #running: Promise<void> | undefined;

  constructor(store: KeyValueStore) {
    this.#store = store;
  }

  /** Resolves when the operations survive a power failure; rejects if none of them took effect. */
  write(operations: readonly BatchOperation[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ operations, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  get isIdle(): boolean {
    return this.#running === undefined;
  }

  /** Waits for everything that was asked for so far. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#pending.length > 0) {
      const group = this.#pending;
      this.#pending = [];
      try {
        await this.#store.batch(
          group.flatMap(({ operations }) => operations),
          { sync: true },
        );
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#running = undefined;
  }
}
