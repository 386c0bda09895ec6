import type { MinedSection, SectionGround } from '../../chain/section-ground.ts';
import type { SectionMessage, SignedSectionStatement } from '../../types/section.ts';
import type { Address } from '../../types/ssz-bytes.ts';
import type { EncodedTransaction } from '../../types/transaction.ts';

/** How long after `T` a proposer waits for better sections at most. */
export const SECTION_WAIT_MS = 300;

/**
 * How long before the next block is due miners close their lists. A section that is on its way or being checked when the
 * block is due is waited for, so a short lead costs nothing; with a long one transactions wait for lists to which more of
 * them could have been added, and those that just miss one wait for the block after.
 */
export const SECTION_LEAD_MS = 75;

/** How long the transactions of a section may be on their way before another one is looked at. */
export const FETCH_PATIENCE_MS = 300;

export interface MiningRoundOptions {
  readonly ground: SectionGround;
  /** The own rank; undefined for who was not elected. */
  readonly rank: number | undefined;
  /** Monotonic: when this node knew the parent to be decided. */
  readonly decidedAtMs: number;
  /** Monotonic: when the next block is due. */
  readonly dueAtMs: number;
}

/**
 * A section of an elected miner that has come. They are checked one after the other from the lowest rank on, until one
 * is good: `heard` → `fetching` its transactions → `ready` to be executed → `checked` or `refused`.
 */
export interface HeardSection {
  readonly message: SectionMessage;
  readonly statement: SignedSectionStatement;
  /** Monotonic. */
  readonly heardAtMs: number;
  state: 'heard' | 'fetching' | 'ready' | 'checked' | 'refused';
  /** Signed by their senders. */
  transactions: readonly EncodedTransaction[];
}

/** What is known of one ledger's section above one parent. */
export class MiningRound {
  readonly ground: SectionGround;
  readonly rank: number | undefined;
  /** Monotonic: when the own pool first had a transaction for it. */
  firstWorkAtMs: number | undefined;
  readonly #earliestMs: number;
  /** By rank. */
  readonly #heard = new Map<number, HeardSection>();
  #best: MinedSection | undefined;

  constructor({ ground, rank, decidedAtMs, dueAtMs }: MiningRoundOptions) {
    this.ground = ground;
    this.rank = rank;
    this.#earliestMs = Math.max(decidedAtMs, dueAtMs - SECTION_LEAD_MS);
  }

  /** The section of the lowest rank that was checked so far. */
  get best(): MinedSection | undefined {
    return this.#best;
  }

  /** What the miner of a rank has sent. */
  heard(rank: number): HeardSection | undefined {
    return this.#heard.get(rank);
  }

  /** What has come, by rank. */
  sections(): HeardSection[] {
    return [...this.#heard.values()].sort((a, b) => a.statement.body.rank - b.statement.body.rank);
  }

  hear(section: HeardSection): void {
    this.#heard.set(section.statement.body.rank, section);
  }

  /** Whether no miner of a lower rank was heard whose section may still be good. */
  isFirst(rank: number): boolean {
    const first = this.first();
    return this.#isBelowBest(rank) && (first === undefined || rank <= first.statement.body.rank);
  }

  /** The section that is to be checked: of the lowest rank that was not refused, if it is better than the best. */
  first(): HeardSection | undefined {
    return this.sections().find(
      ({ state, statement }) => state !== 'refused' && this.#isBelowBest(statement.body.rank),
    );
  }

  #isBelowBest(rank: number): boolean {
    return this.#best === undefined || rank < this.#best.signed.section.rank;
  }

  /** Keeps a checked section if it is the best so far. */
  offer(section: MinedSection): void {
    if (this.#isBelowBest(section.signed.section.rank)) this.#best = section;
  }

  /** T: from when on miners send, in the order of their ranks; undefined while there is nothing to mine. */
  get startMs(): number | undefined {
    return this.firstWorkAtMs === undefined ? undefined : Math.max(this.#earliestMs, this.firstWorkAtMs);
  }

  /**
   * Until when a proposer `self` waits for a better section; undefined if none can come or is needed. One that has come
   * and is not yet checked is waited for, because mining oneself would take longer.
   */
  waitUntilMs(self: Address): number | undefined {
    const best = this.#best?.signed.section;
    if (best !== undefined && (best.rank === 0 || best.miner === self)) return undefined;
    const first = this.first();
    const checkedAtMs = first === undefined ? undefined : first.heardAtMs + FETCH_PATIENCE_MS;
    const comesAtMs = this.startMs === undefined ? undefined : this.startMs + SECTION_WAIT_MS;
    if (checkedAtMs === undefined || comesAtMs === undefined) return checkedAtMs ?? comesAtMs;
    return Math.max(checkedAtMs, comesAtMs);
  }
}
