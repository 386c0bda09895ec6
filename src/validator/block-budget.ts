import type { Chain } from '../chain/chain.ts';
import { LEDGERS } from '../types/names.ts';
import type { Clock } from '../util/clock.ts';
import { LIMITS } from '../util/limits.ts';

/** Executing that many is quick beside the votes of a round, on any machine. */
const LEAST = 32;
/** Where it starts, since the code of a young process is slow: a chain that does better has a larger one after a few full blocks. */
const FIRST = 64;
const MOST = LIMITS.maxTransactionsPerSection * LEDGERS.length;
/** Blocks older than this when they are committed were synced: they say nothing about voting. */
const SYNCED_AFTER_MS = 60_000;

/** Shares of a round's time-out: a block that takes longer is too large, one that is quicker may be larger. */
const TOO_SLOW = 0.85;
const QUICK = 0.7;

/**
 * How many transactions the next proposal may hold, so that its round ends in time. A block that took nearly a round's
 * time-out from its building to its commit, or whose round was not the height's first, cuts the budget; a full block
 * that was quick raises it. Without it a backlog makes a block that no validator can execute before its round times
 * out, and the next one larger. Most of a slow block's time does not come from its size, so the budget is left alone as
 * long as the round has time.
 */
export class BlockBudget {
  readonly #timeoutMs: number;
  #transactions = FIRST;

  /** `timeoutMs`: how long the first round of a height lasts. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  get transactions(): number {
    return this.#transactions;
  }

  /** A budget that learns from what a chain commits. `timeoutMs`: how long the first round of a height lasts. */
  static of(chain: Chain, timeoutMs: number, clock: Clock): BlockBudget {
    const budget = new BlockBudget(timeoutMs);
    chain.onCommitted(({ block, certificate: { round } }) => {
      const transactions = block.transactions.reduce((sum, list) => sum + list.length, 0);
      budget.observe({ transactions, round, elapsedMs: clock.wallMs() - block.header.timeMs });
    });
    return budget;
  }

  /** A block was committed `elapsedMs` after the time in its header, by the votes of `round`. */
  observe(committed: {
    readonly transactions: number;
    readonly round: number;
    readonly elapsedMs: number;
  }): void {
    const { transactions, round, elapsedMs } = committed;
    if (elapsedMs > SYNCED_AFTER_MS) return;
    const isTooSlow = round > 0 || elapsedMs > this.#timeoutMs * TOO_SLOW;
    if (isTooSlow && transactions > LEAST)
      this.#transactions = Math.max(LEAST, Math.floor(Math.min(this.#transactions, transactions) * 0.7));
    else if (!isTooSlow && elapsedMs < this.#timeoutMs * QUICK && transactions >= this.#transactions * 0.8)
      this.#transactions = Math.min(MOST, Math.ceil(this.#transactions * 1.5));
  }
}
