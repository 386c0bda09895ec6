import type { EncodedTransaction } from '../types/transaction.ts';
import { LIMITS } from '../util/limits.ts';

/** What a transaction costs the validators beside its operations, in operations: to check its signature and pass it on. */
const WORK_PER_TRANSACTION = 8;
/** What any transaction asks at least. */
export const LEAST_WORK = WORK_PER_TRANSACTION + 1;
/** While a block takes all that waits, how many times as much may wait for the next. */
const GROWTH = 3;
/** The same where that block was slow. */
const SLOW_GROWTH = 1.5;
/** Blocks in a row that say how fast the chain is. */
const MAX_STRETCH = 8;

/** What a transaction asks of a block, in operations. */
export function workOf({ value }: EncodedTransaction): number {
  return WORK_PER_TRANSACTION + value.body.operations.length;
}

export interface CommittedWork {
  /** Of the block's header. */
  readonly timeMs: number;
  /** Work of the block's transactions. */
  readonly taken: number;
  /** Work of what could have been in it and still waits. */
  readonly left: number;
}

/**
 * How much work may wait for blocks: what they will take within `maxBacklogMs`, as far as blocks have shown it. A block
 * says how fast the chain is only if it passed over work that had been there since the block before; one that
 * took all of it says that the chain can do at least that. This is how congestion control tells the rate of a path from that of
 * an application that sends little (BBR, draft-cardwell-iccrg-bbr-congestion-control). So there is no bound before blocks
 * have passed over anything, and none becomes lower because little was offered.
 */
export class BacklogBound {
  #max: number | undefined;
  #timeMs = 0;
  #left = 0;
  /** The last blocks in a row that passed over work. */
  #stretch: { readonly ms: number; readonly work: number }[] = [];

  /** Work that may wait; undefined as long as nothing is known. */
  get max(): number | undefined {
    return this.#max;
  }

  onCommit({ timeMs, taken, left }: CommittedWork): void {
    const ms = Math.max(1, timeMs - this.#timeMs);
    const waited = this.#left;
    this.#timeMs = timeMs;
    this.#left = left;
    if (taken < waited) this.#limited(ms, taken);
    else this.#unlimited(ms, taken, waited > 0);
  }

  /** Milliseconds after which so much work more than allowed will be gone, as far as one can tell. */
  retryAfterMs(excess: number): number {
    const estimate = Math.ceil((excess * LIMITS.maxBacklogMs) / (this.#max ?? LIMITS.minBacklogWork));
    return Math.min(LIMITS.maxBacklogMs, Math.max(LIMITS.minRetryMs, estimate));
  }

  #limited(ms: number, work: number): void {
    this.#stretch.push({ ms, work });
    if (this.#stretch.length > MAX_STRETCH) this.#stretch.shift();
    // One alone may be a block that lacks the section of a miner who failed.
    if (this.#stretch.length < 2) return;
    const sum = this.#stretch.reduce((a, b) => ({ ms: a.ms + b.ms, work: a.work + b.work }));
    const inTime = (sum.work * LIMITS.maxBacklogMs) / sum.ms;
    const inABlock = sum.work / this.#stretch.length;
    this.#max = Math.max(LIMITS.minBacklogWork, inTime, inABlock);
  }

  /** `isBusy`: there was work during all of the time since the block before. */
  #unlimited(ms: number, work: number, isBusy: boolean): void {
    this.#stretch = [];
    if (this.#max === undefined) return;
    const inTime = isBusy ? LIMITS.maxBacklogMs / ms : GROWTH;
    this.#max = Math.max(this.#max, work * Math.min(GROWTH, Math.max(SLOW_GROWTH, inTime)));
  }
}
