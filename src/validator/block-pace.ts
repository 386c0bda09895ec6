import type { Chain } from '../chain/chain.ts';
import type { Clock } from '../util/clock.ts';

/** Blocks that are looked at, and how many there must be. */
const WINDOW = 8;
const LEAST = 3;
/** Under load, blocks come so often that votes take this much of the time. */
const VOTING_UNDER_LOAD = 0.5;
/** Bytes of transactions in a second that are a load, as 50 transfers have: fewer are not worth more blocks. */
const LOAD_BYTES_PER_SECOND = 14_000;

/** The intervals between which a pace moves. */
export interface PaceBounds {
  /** While there is little to do. */
  readonly targetMs: number;
  /** Never less. */
  readonly minMs: number;
}

/** A block that was committed by the votes of its first round. */
export interface PacedBlock {
  /** From the time in its header to its commit. */
  readonly votingMs: number;
  /** From the time in its parent's header to that in its own. */
  readonly intervalMs: number;
  /** Of all transactions. */
  readonly bytes: number;
}

/**
 * How soon a block follows the one before while there is work. A block costs every validator the same work however few
 * transactions it holds. So blocks come more often than genesis asks for only where many transactions come and voting
 * takes little of the time: then transactions wait less. Local: no rule of validity depends on it but the shortest
 * interval.
 */
export class BlockPace {
  readonly #bounds: PaceBounds;
  readonly #blocks: PacedBlock[] = [];

  constructor(bounds: PaceBounds) {
    this.#bounds = bounds;
  }

  /** A pace that learns from what a chain commits. */
  static of(chain: Chain, targetMs: number, clock: Clock): BlockPace {
    const minMs = Math.min(targetMs, chain.genesis.parameters.minBlockIntervalMs);
    const pace = new BlockPace({ targetMs, minMs });
    let parentMs = Number.NEGATIVE_INFINITY;
    chain.onCommitted(({ block: { header, transactions }, certificate: { round } }) => {
      if (round === 0)
        pace.observe({
          votingMs: clock.wallMs() - header.timeMs,
          intervalMs: header.timeMs - parentMs,
          bytes: transactions.flat().reduce((sum, { length }) => sum + length, 0),
        });
      parentMs = header.timeMs;
    });
    return pace;
  }

  /** Milliseconds from one block's time to the next one's. */
  get intervalMs(): number {
    const { targetMs, minMs } = this.#bounds;
    if (this.#blocks.length < LEAST || !this.#isLoaded) return targetMs;
    const sorted = this.#blocks.map(({ votingMs }) => votingMs).sort((a, b) => a - b);
    const median = sorted[sorted.length >> 1] as number;
    return Math.round(Math.min(Math.max(median / VOTING_UNDER_LOAD, minMs), targetMs));
  }

  observe(block: PacedBlock): void {
    this.#blocks.push(block);
    if (this.#blocks.length > WINDOW) this.#blocks.shift();
  }

  get #isLoaded(): boolean {
    const seconds = this.#blocks.reduce((sum, { intervalMs }) => sum + intervalMs, 0) / 1000;
    return this.#blocks.reduce((sum, { bytes }) => sum + bytes, 0) >= LOAD_BYTES_PER_SECOND * seconds;
  }
}
