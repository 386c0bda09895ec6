import type { Hash } from '../types/ssz-bytes.ts';

/** As long as votes take where processors are busy; whoever waits for a block that does not come loses no more than that. */
const LONGEST_MS = 600;

/**
 * Lets checks of signatures wait while a block is voted on. What is checked meanwhile would stand in the block after
 * it in any case, and the check makes this one later: most of all where many validators share a machine, but also in
 * one that has a lot to execute.
 */
export class DeferredChecks {
  readonly #waiting = new Map<Hash, () => void>();
  #timer: NodeJS.Timeout | undefined;
  #wasUsed = false;

  /** Checks wait from now on. Once for each block, so that a height without a decision holds up nobody. */
  begin(): void {
    if (this.#wasUsed) return;
    this.#wasUsed = true;
    this.#timer = setTimeout(() => this.end(), LONGEST_MS).unref();
  }

  /** Lets all begin that wait. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.hurry([...this.#waiting.keys()]);
  }

  /** The block is decided: lets all begin, and the next one may make checks wait again. */
  renew(): void {
    this.end();
    this.#wasUsed = false;
  }

  /** Resolves when the check of this transaction may begin; undefined if it may at once. */
  turnOf(id: Hash): Promise<void> | undefined {
    if (this.#timer === undefined) return undefined;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
    });
  }

  /** Somebody asks for these transactions. */
  hurry(ids: readonly Hash[]): void {
    for (const id of ids) {
      this.#waiting.get(id)?.();
      this.#waiting.delete(id);
    }
  }
}
