/** Parts of the span: what comes within one is counted together. */
const SLOTS = 20;

/** How much came within the last `spanMs`, to a twentieth of it. Times are of the monotonic clock and do not go back. */
export class RecentWork {
  readonly #spanMs: number;
  readonly #slots = new Float64Array(SLOTS);
  /** The newest one, counted from the start of the clock. */
  #slot = 0;
  #sum = 0;
  #peak = 0;

  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  add(nowMs: number, work: number): void {
    this.#turn(nowMs);
    const at = this.#slot % SLOTS;
    this.#slots[at] = (this.#slots[at] as number) + work;
    this.#sum += work;
    this.#peak = Math.max(this.#peak, this.#sum);
  }

  sum(nowMs: number): number {
    this.#turn(nowMs);
    return this.#sum;
  }

  /** The most that it was since the last call. */
  takePeak(nowMs: number): number {
    const peak = this.#peak;
    this.#peak = this.sum(nowMs);
    return peak;
  }

  /** Empties the slots whose time is over. */
  #turn(nowMs: number): void {
    const slot = Math.floor((nowMs * SLOTS) / this.#spanMs);
    const first = Math.max(this.#slot + 1, slot - SLOTS + 1);
    for (let next = first; next <= slot; next++) {
      this.#sum -= this.#slots[next % SLOTS] as number;
      this.#slots[next % SLOTS] = 0;
    }
    this.#slot = slot;
  }
}
