/**
 * A token bucket that allows debt: what has arrived is always paid for, and the answer says for how long nothing more
 * should be read. It holds one second's worth.
 */
export class RateBudget {
  readonly #perSecond: number;
  #balance: number;
  #updatedMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#balance = perSecond;
    this.#updatedMs = nowMs;
  }

  /** Milliseconds to wait until the budget is out of debt, 0 if it is. */
  spend(amount: number, nowMs: number): number {
    const earned = ((nowMs - this.#updatedMs) * this.#perSecond) / 1000;
    this.#balance = Math.min(this.#perSecond, this.#balance + earned) - amount;
    this.#updatedMs = nowMs;
    return this.#balance >= 0 ? 0 : Math.ceil((-this.#balance * 1000) / this.#perSecond);
  }
}
