import type { ProposedBlock } from '../consensus/contract.ts';
import type { Certificate } from '../types/certificate.ts';
import type { ConsensusMessage } from '../types/consensus-message.ts';
import type { Random } from './random.ts';

/** What travels between simulated nodes. */
export type Packet =
  | { readonly kind: 'consensus'; readonly message: ConsensusMessage }
  | { readonly kind: 'block-request'; readonly height: number; readonly blockHash: string }
  | { readonly kind: 'block-answer'; readonly height: number; readonly block: ProposedBlock }
  | { readonly kind: 'sync-request'; readonly height: number }
  | { readonly kind: 'sync-answer'; readonly block: ProposedBlock; readonly certificate: Certificate };

/** How links behave while faults last. Reordering comes from the jitter. */
export interface LinkQuality {
  readonly minDelayMs: number;
  readonly jitterMs: number;
  /** Probabilities per packet. */
  readonly loss: number;
  readonly duplication: number;
}

export const GOOD_LINKS: LinkQuality = { minDelayMs: 2, jitterMs: 20, loss: 0, duplication: 0 };

/** Decides for every packet when, how often and whether it arrives. */
export class SimNetwork {
  quality: LinkQuality;
  readonly #random: Random;
  /** Group of each node while the network is partitioned. */
  #groups: readonly number[] | undefined;
  /** Directed links that are down, as `from>to`. */
  readonly #cuts = new Set<string>();

  constructor(quality: LinkQuality, random: Random) {
    this.quality = quality;
    this.#random = random;
  }

  /** Delays of the copies of one packet in milliseconds; none when it is lost. */
  deliveries(from: number, to: number): number[] {
    if (!this.isLinked(from, to)) return [];
    const { minDelayMs, jitterMs, loss, duplication } = this.quality;
    if (loss > 0 && this.#random.chance(loss)) return [];
    const delay = () => minDelayMs + this.#random.between(0, jitterMs);
    return duplication > 0 && this.#random.chance(duplication) ? [delay(), delay()] : [delay()];
  }

  isLinked(from: number, to: number): boolean {
    if (this.#cuts.has(`${from}>${to}`)) return false;
    return this.#groups === undefined || this.#groups[from] === this.#groups[to];
  }

  partition(groups: readonly number[]): void {
    this.#groups = groups;
  }

  cut(from: number, to: number): void {
    this.#cuts.add(`${from}>${to}`);
  }

  mend(from: number, to: number): void {
    this.#cuts.delete(`${from}>${to}`);
  }

  /** Ends partition and cuts. */
  heal(): void {
    this.#groups = undefined;
    this.#cuts.clear();
  }
}
