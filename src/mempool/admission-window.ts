import type { EncodedTransaction } from '../types/transaction.ts';
import { LIMITS } from '../util/limits.ts';

/** What a transaction costs the validators beside its operations, in operations: to check its signature and pass it on. */
const WORK_PER_TRANSACTION = 8;
/** What any transaction asks at least. */
export const LEAST_WORK = WORK_PER_TRANSACTION + 1;
/** The most that the bound changes by at once, up and down. */
const GROWTH = 1.5;
const SHRINKING = 0.6;
/** Of the bound: where less comes, nobody can tell whether more would be in time, and the first bound has to do. */
const FULL = 0.5;
/** From this share of the bound on, the door is closed at times, and always at the bound. */
const FREE = 0.8;
/** Parts of the span: arrivals within one are counted together, and the door is open or closed for all of one. */
const SLOTS = 20;

/** What a transaction asks of a block, in operations. */
export function workOf({ value }: EncodedTransaction): number {
  return WORK_PER_TRANSACTION + value.body.operations.length;
}

/**
 * How much work may come within `spanMs`, and wait, so that it waits no longer than that for its block. Nobody knows how
 * fast the chain is but by what it does: the bound shrinks where transactions wait longer, and grows where they wait
 * less although it is reached, as the window of a delay-based congestion control does (TCP Vegas, Brakmo and Peterson
 * 1995). It changes once for each time that a transaction waits: only one that came after the last change says what
 * that change did. A block's median transaction speaks for the block.
 *
 * Many nodes let in what all of them bound, and each hears of the others late. Doors that all open when the bound is
 * kept and all close when it is reached would fill every second block only. So a door is open for a part of the time
 * that becomes smaller as the bound comes nearer (as in random early detection, Floyd and Jacobson 1993), each in a
 * rhythm of its own. All times are of the monotonic clock, work is in operations.
 */
export class AdmissionWindow {
  readonly #spanMs: number;
  readonly #slots = new Float64Array(SLOTS);
  /** Of the newest slot, counted from the start of the clock. */
  #slot = 0;
  #max: number;
  #changedMs = Number.NEGATIVE_INFINITY;
  /** Shares of slots for which the door should have been open and was not. */
  #credit: number;
  #isOpen = true;
  /** Of the slot for which the door was opened or closed. */
  #decidedSlot = -1;

  /** `phase`: between 0 and 1, best another one in each node. */
  constructor(spanMs: number, phase = Math.random()) {
    this.#spanMs = spanMs;
    this.#credit = phase;
    this.#max = this.#inSpan(LIMITS.firstWorkPerSecond);
  }

  /** Work that may come within the span. */
  get max(): number {
    return this.#max;
  }

  /** Work that came into the pool. */
  onAdmitted(nowMs: number, work: number): void {
    this.#turn(nowMs);
    this.#slots[this.#slot % SLOTS] = (this.#slots[this.#slot % SLOTS] as number) + work;
  }

  /** A block took transactions out of the pool that had come at these times. */
  onServed(nowMs: number, arrivalsMs: readonly number[]): void {
    const arrivedMs = [...arrivalsMs].sort((a, b) => a - b)[arrivalsMs.length >> 1];
    if (arrivedMs === undefined) return;
    // What came before the last change has waited under the present bound since then at least.
    const waitMs = nowMs - Math.max(arrivedMs, this.#changedMs);
    if (arrivedMs < this.#changedMs && waitMs <= this.#spanMs) return;
    const factor = Math.min(GROWTH, Math.max(SHRINKING, this.#spanMs / Math.max(1, waitMs)));
    const isReached = this.#recent(nowMs) >= FULL * this.#max;
    const first = this.#inSpan(LIMITS.firstWorkPerSecond);
    if (factor > 1 && !isReached && this.#max >= first) return;
    const max = Math.max(this.#inSpan(LIMITS.minWorkPerSecond), factor * this.#max);
    this.#max = factor > 1 && !isReached ? Math.min(first, max) : max;
    this.#changedMs = nowMs;
  }

  /** Milliseconds after which to come again; zero if more may come now. `pending`: on its way into the pool. */
  retryAfterMs(nowMs: number, work: { readonly pending: number; readonly waiting: number }): number {
    const level = (work.pending + Math.max(this.#recent(nowMs), work.waiting)) / this.#max;
    this.#decide(level);
    if (level < 1 && this.#isOpen) return 0;
    return Math.min(this.#spanMs, Math.max(LIMITS.minRetryMs, Math.ceil((level - 1) * this.#spanMs)));
  }

  /** Opens or closes the door for the present slot. */
  #decide(level: number): void {
    if (this.#decidedSlot === this.#slot) return;
    this.#decidedSlot = this.#slot;
    this.#credit += Math.max(0, Math.min(1, (1 - level) / (1 - FREE)));
    this.#isOpen = this.#credit >= 1;
    if (this.#isOpen) this.#credit -= 1;
  }

  /** Work that came within the last span. */
  #recent(nowMs: number): number {
    this.#turn(nowMs);
    return this.#slots.reduce((sum, work) => sum + work, 0);
  }

  /** Empties the slots whose time is over. */
  #turn(nowMs: number): void {
    const slot = Math.floor((nowMs * SLOTS) / this.#spanMs);
    if (slot - this.#slot >= SLOTS) this.#slots.fill(0);
    else for (let next = this.#slot + 1; next <= slot; next++) this.#slots[next % SLOTS] = 0;
    this.#slot = slot;
  }

  #inSpan(workPerSecond: number): number {
    return (workPerSecond * this.#spanMs) / 1000;
  }
}
