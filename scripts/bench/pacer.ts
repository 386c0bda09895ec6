/** What a load generator knows of how the chain keeps up. */
export interface ChainLag {
  /** Median time from sending to the block, of the transactions of the blocks of the last seconds; 0 where there is none. */
  readonly recentMs: number;
  /** Age of the oldest transaction that has no block yet. */
  readonly oldestOpenMs: number;
}

export interface PacerOptions {
  readonly startRate: number;
  readonly maxRate: number;
  /** Latency that the median transaction should have; the rate goes down where it is exceeded. */
  readonly targetMs: number;
}

/** A step until something was late for the first time. */
const FIRST_RAISE = 1.09;
/**
 * From then on a step is in proportion to how far the latency is from its target. What a chain answers comes several steps
 * after the change that caused it, so steps as large as the first ones would swing between idleness and backlog; and the
 * latency of one that is nearly full hardly changes with its load, so there is a step up below the target in any case.
 */
const LEAST_RAISE = 1.01;
const RAISE_GAIN = 0.06;
const LOWER_GAIN = 0.1;
const MOST_LOWER = 0.96;
/** No transaction should be older than so many times the latency of the median one. */
const OLDEST = 2;
/** Of the rate at the start: what is less says that the target cannot be met at all, and is not worth finding. */
const LEAST_SHARE = 0.2;

/**
 * Finds the rate that a chain sustains: more while transactions are final in time, less where they are not. A load that
 * never slows down measures a backlog; one that waits for each answer measures the round trip.
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
  adjust({ recentMs, oldestOpenMs }: ChainLag): void {
    const { targetMs, startRate, maxRate } = this.#options;
    const stalls = oldestOpenMs > OLDEST * targetMs;
    this.#wasLate ||= stalls || recentMs > targetMs;
    const raise = this.#wasLate ? LEAST_RAISE + RAISE_GAIN * (1 - recentMs / targetMs) : FIRST_RAISE;
    const lower = Math.max(MOST_LOWER, 1 + LOWER_GAIN * (targetMs / recentMs - 1));
    const step = recentMs > targetMs ? lower : raise;
    this.#rate = clamp(this.#rate * (stalls ? MOST_LOWER : step), LEAST_SHARE * startRate, maxRate);
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
