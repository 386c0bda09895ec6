import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ManualClock } from './chain.ts';

interface PendingTimer {
  readonly dueMs: number;
  readonly call: () => void;
}

/** Turns of the event loop in which what a timer began goes as far as it can without waiting for a disk or a thread. */
const TURNS = 5;

/** Puts `setTimeout` under a clock that a test moves by hand, from `install` to `restore`. */
export class VirtualTimers {
  readonly #clock: ManualClock;
  readonly #real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  readonly #pending = new Set<PendingTimer>();

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  install(): void {
    const set = (callback: (...args: unknown[]) => void, afterMs = 0, ...args: unknown[]) => {
      const dueMs = this.#clock.monotonicMs() + Math.max(1, afterMs);
      const timer = { dueMs, call: () => callback(...args), unref: () => timer, ref: () => timer };
      this.#pending.add(timer);
      return timer;
    };
    globalThis.setTimeout = set as unknown as typeof setTimeout;
    globalThis.clearTimeout = ((timer: PendingTimer | undefined) => {
      if (timer !== undefined) this.#pending.delete(timer);
    }) as typeof clearTimeout;
  }

  restore(): void {
    Object.assign(globalThis, this.#real);
    this.#pending.clear();
  }

  /** Lets time pass: each timer that is due by then is called at its time. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#clock.monotonicMs() + ms;
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#clock.advance(Math.max(0, next.dueMs - this.#clock.monotonicMs()));
      this.#pending.delete(next);
      next.call();
      await turns();
    }
    this.#clock.advance(endMs - this.#clock.monotonicMs());
    await turns();
  }

  #next(endMs: number): PendingTimer | undefined {
    const due = [...this.#pending].filter(({ dueMs }) => dueMs <= endMs);
    return due.sort((a, b) => a.dueMs - b.dueMs)[0];
  }
}

export async function turns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await nextTurn();
}
