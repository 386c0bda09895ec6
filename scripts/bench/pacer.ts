/** What a load generator knows of how the chain keeps up. */
export interface ChainLag {
  /** Median time from sending to the block, of the transactions of the last block. */
  readonly lastBlockMs: number;
  /** Age of the oldest transaction that has no block yet. */
  readonly oldestOpenMs: number;
}

export interface PacerOptions {
  readonly startRate: number;
  readonly maxRate: number;
  /** Latency that the median transaction should have; the rate goes down where it is exceeded. */
  readonly targetMs: number;
}

/** Until something was late for the first time, and from then on. */
const FIRST_RAISE = 1.09;
const RAISE = 1.04;
const LOWER = 0.92;
/** No transaction should be older than so many times the latency of the median one. */
const OLDEST = 2;
/** Of the rate at the start: what is less says that the target cannot be met at all, and is not worth finding. */
const LEAST_SHARE = 0.2;

/**
 * Finds the rate that a chain sustains: a little more as long as transactions are final in time, quickly less where
 * they are not, as congestion control does on a network path. A load that never slows down measures a backlog; one
 * that waits for each answer measures the round trip.
 */
export class Pacer {
  readonly #options: PacerOptions;
  #rate: number;
  #wasLate = false;

  constructor(options: PacerOptions) {
    this.#options = options;
    this.#rate = Math.min(options.startRate, options.maxRate);
  }

  /** Transactions a second. */
  get rate(): number {
    return this.#rate;
  }

  /** To be called in equal intervals. */
  adjust({ lastBlockMs, oldestOpenMs }: ChainLag): void {
    const { targetMs, startRate, maxRate } = this.#options;
    const late = lastBlockMs > targetMs || oldestOpenMs > OLDEST * targetMs;
    this.#wasLate ||= late;
    const rate = this.#rate * (late ? LOWER : this.#wasLate ? RAISE : FIRST_RAISE);
    this.#rate = Math.min(maxRate, Math.max(LEAST_SHARE * startRate, rate));
  }
}
