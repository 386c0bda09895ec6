import type { MinedSection, SectionGround } from '../../chain/section-ground.ts';
import type { LedgerName } from '../../types/names.ts';
import type { SignedSectionStatement } from '../../types/section.ts';
import type { Address } from '../../types/ssz.ts';

/** How long after `T` a proposer waits for better sections at most. */
export const SECTION_WAIT_MS = 300;
/** Each rank sends so much later than the one before it, unless it has seen that one's section. */
export const RANK_STEP_MS = 75;

export interface MiningRoundOptions {
  readonly ground: SectionGround;
  readonly ledger: LedgerName;
  /** The own rank; undefined for who was not elected. */
  readonly rank: number | undefined;
  /** Monotonic: when this node knew the parent to be decided. */
  readonly decidedAtMs: number;
  /** Monotonic: when the next block is due. */
  readonly dueAtMs: number;
}

/** What is known of one ledger's section above one parent. */
export class MiningRound {
  readonly ground: SectionGround;
  readonly rank: number | undefined;
  /** What each elected miner has signed. */
  readonly heard = new Map<Address, SignedSectionStatement>();
  /** Monotonic: when the own pool first had a transaction for it. */
  firstWorkAtMs: number | undefined;
  readonly #earliestMs: number;
  #best: MinedSection | undefined;

  constructor({ ground, rank, decidedAtMs, dueAtMs }: MiningRoundOptions) {
    this.ground = ground;
    this.rank = rank;
    this.#earliestMs = Math.max(decidedAtMs, dueAtMs - SECTION_WAIT_MS);
  }

  /** The section of the lowest rank that was checked so far. */
  get best(): MinedSection | undefined {
    return this.#best;
  }

  /** Whether a section of this rank would be better than the best. */
  isWanted(rank: number): boolean {
    return this.#best === undefined || rank < this.#best.signed.section.rank;
  }

  /** Keeps a checked section if it is the best so far. */
  offer(section: MinedSection): boolean {
    if (!this.isWanted(section.signed.section.rank)) return false;
    this.#best = section;
    return true;
  }

  /** T: from when on miners send, in the order of their ranks; undefined while there is nothing to mine. */
  get startMs(): number | undefined {
    return this.firstWorkAtMs === undefined ? undefined : Math.max(this.#earliestMs, this.firstWorkAtMs);
  }

  /** Until when a proposer `self` waits for a better section; undefined if none can come or is needed. */
  waitUntilMs(self: Address): number | undefined {
    const best = this.#best?.signed.section;
    if (best !== undefined && (best.rank === 0 || best.miner === self)) return undefined;
    return this.startMs === undefined ? undefined : this.startMs + SECTION_WAIT_MS;
  }
}
