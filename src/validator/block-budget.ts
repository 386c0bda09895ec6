import { LEDGERS } from '../types/names.ts';
import { LIMITS } from '../util/limits.ts';

const START = 128;
const LEAST = 64;
const MOST = LIMITS.maxTransactionsPerSection * LEDGERS.length;
/** Blocks older than this when they are committed were synced: they say nothing about voting. */
const SYNCED_AFTER_MS = 60_000;

/**
 * How many transactions the next proposal may hold, so that its round ends in time. A block that took longer from its
 * building to its commit than the target interval cuts the budget; a full block that was quick raises it. Without
 * it a backlog makes a block that no validator can execute before its round times out, and the next one larger.
 */
export class BlockBudget {
  readonly #targetMs: number;
  #transactions = START;

  constructor(targetMs: number) {
    this.#targetMs = targetMs;
  }

  get transactions(): number {
    return this.#transactions;
  }

  /** A block was committed `elapsedMs` after the time in its header. */
  observe(transactions: number, elapsedMs: number): void {
    if (elapsedMs > SYNCED_AFTER_MS) return;
    if (elapsedMs > this.#targetMs && transactions > LEAST)
      this.#transactions = Math.max(LEAST, Math.floor(Math.min(this.#transactions, transactions) * 0.7));
    else if (elapsedMs < this.#targetMs * 0.8 && transactions >= this.#transactions * 0.8)
      this.#transactions = Math.min(MOST, Math.ceil(this.#transactions * 1.5));
  }
}
