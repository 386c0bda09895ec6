import type { TimerKind } from '../consensus/contract.ts';

/** `setTimeout` fires at once for delays past 2^31 − 1 ms, so longer ones are chained. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The core's timers on the real clock: at most one alive per kind. */
export class Timers {
  readonly #handles = new Map<TimerKind, NodeJS.Timeout>();

  /** Replaces the timer of this kind. What is already readable on a socket is handled before `fire`. */
  schedule(kind: TimerKind, afterMs: number, fire: () => void): void {
    clearTimeout(this.#handles.get(kind));
    const delay = Math.min(Math.max(0, Math.ceil(afterMs)), MAX_DELAY_MS);
    const handle = setTimeout(() => {
      if (afterMs > MAX_DELAY_MS) {
        this.schedule(kind, afterMs - MAX_DELAY_MS, fire);
        return;
      }
      setImmediate(() => {
        if (this.#handles.get(kind) !== handle) return;
        this.#handles.delete(kind);
        fire();
      });
    }, delay);
    this.#handles.set(kind, handle);
  }

  cancelAll(): void {
    for (const handle of this.#handles.values()) clearTimeout(handle);
    this.#handles.clear();
  }
}
