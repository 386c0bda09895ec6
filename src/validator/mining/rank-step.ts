/** Each rank sends so much later than the one before it, unless it has heard that one: on a quiet network, and at most. */
const LEAST_MS = 75;
const MOST_MS = 150;
/** Weight of what was seen before against one observation. */
const INERTIA = 3;

/**
 * How long the miner of a rank gives to the one before it. Where processors are busy, sections come later than on a
 * quiet network; a step that is shorter than that makes several miners do the work of one.
 */
export class RankStep {
  #delayMs = 0;

  get ms(): number {
    return Math.min(MOST_MS, Math.max(LEAST_MS, this.#delayMs));
  }

  /** A section of rank 0 came so long after its miner could send it, as this node sees it. */
  observe(delayMs: number): void {
    this.#delayMs = (this.#delayMs * INERTIA + Math.max(0, delayMs)) / (INERTIA + 1);
  }
}
