import type { EncodedTransaction } from '../types/transaction.ts';
import { LIMITS } from '../util/limits.ts';
import { RecentWork } from './recent-work.ts';

/** What a transaction costs the validators beside its operations, in operations: to check its signature and pass it on. */
const WORK_PER_TRANSACTION = 8;
/** The most that the bound changes by at once, up and down. */
const GROWTH = 1.25;
const SHRINKING = 0.6;
/** Of the bound: where less comes, nobody can tell whether more would be in time, and the first bound has to do. */
const FULL = 0.8;
/** Even parts of the bound that a door may take at first, and by how much at once it takes more of them. */
const FIRST_PARTS = 2;
const PARTS_GROWTH = 1.5;
/** Of its parts: from there on a door may take what the others leave. */
const OWN_FULL = 0.5;

/** What a transaction asks of a block, in operations. */
export function workOf({ value }: EncodedTransaction): number {
  return WORK_PER_TRANSACTION + value.body.operations.length;
}

/** Work that is not in the pool yet, or still in it. */
export interface OpenWork {
  /** On its way into the pool, from anywhere. */
  readonly pending: number;
  /** Of this, what came through the own door. */
  readonly ownPending: number;
  /** In the pool. */
  readonly waiting: number;
}

/**
 * How much work may come within `spanMs`, and wait, so that it waits no longer than that for its block. Nobody knows how
 * fast the chain is but by what it does: the bound shrinks where transactions wait longer, and grows where they wait
 * less although it is reached, as the window of a delay-based congestion control does (TCP Vegas, Brakmo and Peterson
 * 1995). It changes once for each time that a transaction waits: only one that came after the last change says what
 * that change did. A block's median transaction speaks for the block.
 *
 * Each validator has a door, and hears late of what came through the others. Doors that all open when the bound is kept
 * and all close when it is reached would fill every second block only. So each takes an even part of the bound for
 * itself, and more of it step by step, as long as it is full and all together leave some. All times are of the monotonic
 * clock, work is in operations.
 */
export class AdmissionWindow {
  readonly #spanMs: number;
  readonly #doors: () => number;
  readonly #all: RecentWork;
  readonly #own: RecentWork;
  #max: number;
  #parts = FIRST_PARTS;
  #changedMs = Number.NEGATIVE_INFINITY;

  /** `doors`: how many nodes let transactions in. */
  constructor(spanMs: number, doors: () => number) {
    this.#spanMs = spanMs;
    this.#doors = doors;
    this.#all = new RecentWork(spanMs);
    this.#own = new RecentWork(spanMs);
    this.#max = this.#inSpan(LIMITS.firstWorkPerSecond);
  }

  /** Work that may come within the span, through all doors. */
  get max(): number {
    return this.#max;
  }

  /** What of it may come through the own door. */
  get ownMax(): number {
    return this.#max * Math.min(1, this.#parts / Math.max(1, this.#doors()));
  }

  /** Work that came into the pool. `isOwn`: through the own door. */
  onAdmitted(nowMs: number, work: number, isOwn: boolean): void {
    this.#all.add(nowMs, work);
    if (isOwn) this.#own.add(nowMs, work);
  }

  /** A block took transactions out of the pool that had come at these times. */
  onServed(nowMs: number, arrivalsMs: readonly number[]): void {
    const arrivedMs = [...arrivalsMs].sort((a, b) => a - b)[arrivalsMs.length >> 1];
    if (arrivedMs === undefined) return;
    // What came before the last change has waited under the present bound since then at least.
    const waitMs = nowMs - Math.max(arrivedMs, this.#changedMs);
    if (arrivedMs < this.#changedMs && waitMs <= this.#spanMs) return;
    const [all, own] = [this.#all.takePeak(nowMs), this.#own.takePeak(nowMs)];
    const isReached = all >= FULL * this.#max;
    this.#share(isReached, own, all - own);
    const factor = Math.min(GROWTH, Math.max(SHRINKING, this.#spanMs / Math.max(1, waitMs)));
    const first = this.#inSpan(LIMITS.firstWorkPerSecond);
    if (factor > 1 && !isReached && this.#max >= first) return;
    const max = Math.max(this.#inSpan(LIMITS.minWorkPerSecond), factor * this.#max);
    this.#max = factor > 1 && !isReached ? Math.min(first, max) : max;
    this.#changedMs = nowMs;
  }

  /** Milliseconds after which to come again; zero if more may come now. */
  retryAfterMs(nowMs: number, { pending, ownPending, waiting }: OpenWork): number {
    const all = (pending + Math.max(this.#all.sum(nowMs), waiting)) / this.#max;
    const own = (ownPending + this.#own.sum(nowMs)) / this.ownMax;
    const level = Math.max(all, own);
    if (level < 1) return 0;
    return Math.min(this.#spanMs, Math.max(LIMITS.minRetryMs, Math.ceil((level - 1) * this.#spanMs)));
  }

  /** Takes a larger part where the others leave something, and a smaller one where they do not and are there. */
  #share(isReached: boolean, own: number, others: number): void {
    if (isReached && others > own) this.#parts = Math.max(1, SHRINKING * this.#parts);
    else if (!isReached && own >= OWN_FULL * this.ownMax)
      this.#parts = Math.min(Math.max(FIRST_PARTS, this.#doors()), PARTS_GROWTH * this.#parts);
  }

  #inSpan(workPerSecond: number): number {
    return (workPerSecond * this.#spanMs) / 1000;
  }
}
