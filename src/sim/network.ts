import type { ProposedBlock } from '../consensus/contract.ts';
import type { Certificate } from '../types/certificate.ts';
import type { ConsensusMessage } from '../types/consensus-message.ts';
import type { FaultClass, FaultCounts } from './faults/faults.ts';
import type { Random } from './random.ts';

/** What travels between simulated nodes. */
export type Packet =
  | { readonly kind: 'consensus'; readonly message: ConsensusMessage }
  /** The head of the sender; `isGreeting` where a connection was just made. */
  | { readonly kind: 'status'; readonly height: number; readonly isGreeting: boolean }
  | { readonly kind: 'block-request'; readonly height: number; readonly blockHash: string }
  | { readonly kind: 'block-answer'; readonly height: number; readonly block: ProposedBlock }
  | { readonly kind: 'sync-request'; readonly height: number }
  | { readonly kind: 'sync-answer'; readonly block: ProposedBlock; readonly certificate: Certificate };

/** How links behave. Probabilities are per packet, times in milliseconds. */
export interface LinkQuality {
  readonly minDelayMs: number;
  readonly jitterMs: number;
  /** Shape of the delay between `minDelayMs` and `minDelayMs + jitterMs`; `exponential` has no upper end. */
  readonly distribution: 'uniform' | 'exponential' | 'two-humped';
  readonly loss: number;
  readonly duplication: number;
  /** Probability that a packet is held back, and by how much at most. */
  readonly reordering: number;
  readonly maxHoldMs: number;
}

export const GOOD_LINKS: LinkQuality = {
  minDelayMs: 2,
  jitterMs: 20,
  distribution: 'uniform',
  loss: 0,
  duplication: 0,
  reordering: 0,
  maxHoldMs: 0,
};

/** Links as bad as the classes that are on make them. */
export function drawLinks(random: Random, faults: ReadonlySet<FaultClass>): LinkQuality {
  const isSlow = faults.has('delay');
  return {
    minDelayMs: isSlow ? random.between(1, 100) : GOOD_LINKS.minDelayMs,
    jitterMs: isSlow ? random.between(50, 900) : GOOD_LINKS.jitterMs,
    distribution: isSlow
      ? random.pick(['uniform', 'exponential', 'two-humped'] as const)
      : GOOD_LINKS.distribution,
    loss: faults.has('loss') ? random.pick([0.01, 0.1, 0.3]) : 0,
    duplication: faults.has('duplication') ? random.pick([0.05, 0.3]) : 0,
    reordering: faults.has('reordering') ? random.pick([0.02, 0.2]) : 0,
    maxHoldMs: faults.has('reordering') ? random.between(200, 3000) : 0,
  };
}

/** Decides for every packet when, how often and whether it arrives. */
export class SimNetwork {
  quality: LinkQuality;
  readonly #random: Random;
  readonly #size: number;
  readonly #counts: FaultCounts | undefined;
  /** How many cuts lie on the link from i to j, at i · size + j. */
  readonly #cuts: Uint8Array;

  constructor(quality: LinkQuality, random: Random, size: number, counts?: FaultCounts) {
    this.quality = quality;
    this.#random = random;
    this.#size = size;
    this.#counts = counts;
    this.#cuts = new Uint8Array(size * size);
  }

  /** Delays of the copies of one packet in milliseconds; none when it is lost. */
  deliveries(from: number, to: number): number[] {
    if (!this.isLinked(from, to)) return [];
    const { loss, duplication } = this.quality;
    if (loss > 0 && this.#random.chance(loss)) {
      this.#counts?.note('loss');
      return [];
    }
    if (duplication > 0 && this.#random.chance(duplication)) {
      this.#counts?.note('duplication');
      return [this.#delayMs(), this.#delayMs()];
    }
    return [this.#delayMs()];
  }

  #delayMs(): number {
    const { minDelayMs, reordering, maxHoldMs } = this.quality;
    let delayMs = minDelayMs + this.#jitterMs();
    if (delayMs > GOOD_LINKS.minDelayMs + GOOD_LINKS.jitterMs) this.#counts?.note('delay');
    if (reordering > 0 && this.#random.chance(reordering)) {
      this.#counts?.note('reordering');
      delayMs += this.#random.between(0, maxHoldMs);
    }
    return delayMs;
  }

  #jitterMs(): number {
    const { jitterMs, distribution } = this.quality;
    switch (distribution) {
      case 'uniform':
        return this.#random.between(0, jitterMs);
      case 'exponential':
        return Math.floor((-Math.log(1 - this.#random.fraction()) * jitterMs) / 3);
      case 'two-humped':
        return this.#random.chance(0.8) ? this.#random.between(0, 10) : jitterMs;
    }
  }

  isLinked(from: number, to: number): boolean {
    return this.#cuts[from * this.#size + to] === 0;
  }

  /** Cuts the link in one direction; cuts of several causes lie on one another. Mends what it cut when called back. */
  cut(from: number, to: number): () => void {
    return this.cutWhere((i, j) => i === from && j === to);
  }

  /** Only nodes of one group see one another. */
  partition(groups: readonly number[]): () => void {
    return this.cutWhere((from, to) => groups[from] !== groups[to]);
  }

  /** Cuts all links that the predicate names. */
  cutWhere(isCut: (from: number, to: number) => boolean): () => void {
    const links: number[] = [];
    for (let from = 0; from < this.#size; from++)
      for (let to = 0; to < this.#size; to++)
        if (from !== to && isCut(from, to)) links.push(from * this.#size + to);
    for (const link of links) this.#cuts[link] = Math.min(255, (this.#cuts[link] as number) + 1);
    return () => {
      for (const link of links) this.#cuts[link] = Math.max(0, (this.#cuts[link] as number) - 1);
    };
  }

  /** Ends all cuts. */
  heal(): void {
    this.#cuts.fill(0);
  }
}
