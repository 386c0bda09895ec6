import type { Hash } from '../../types/ssz-bytes.ts';
import { LIMITS } from '../../util/limits.ts';

/** What became of a section that this node mined. */
export type SectionFate = 'MINED' | 'INCLUDED' | 'FINAL' | 'LOST';

export interface OwnSection {
  readonly height: number;
  readonly rank: number;
  readonly sectionHash: Hash;
  readonly transactions: number;
  readonly work: number;
  /** Wall clock. */
  readonly minedAtMs: number;
  readonly state: SectionFate;
}

/** The last sections that this node mined for one ledger, newest last. */
export class SectionHistory {
  #sections: OwnSection[] = [];
  #counts: Record<SectionFate, number> = { MINED: 0, INCLUDED: 0, FINAL: 0, LOST: 0 };

  /** Since the node started: how many were mined, seen in a block that was voted on, made final, or lost. */
  get counts(): Readonly<Record<SectionFate, number>> {
    return this.#counts;
  }

  /** Newest first. */
  list(limit: number): OwnSection[] {
    return this.#sections.slice(-limit).reverse();
  }

  add(section: Omit<OwnSection, 'state'>): OwnSection {
    const mined: OwnSection = { ...section, state: 'MINED' };
    this.#sections = [...this.#sections, mined].slice(-LIMITS.maxSectionHistory);
    this.#counts = { ...this.#counts, MINED: this.#counts.MINED + 1 };
    return mined;
  }

  /** A block at this height holds the section with this hash: `INCLUDED` while it is voted on, then final or lost. */
  settle(height: number, sectionHash: Hash, isDecided: boolean): OwnSection | undefined {
    const own = this.#sections.find((section) => section.height === height);
    if (own === undefined || own.state === 'FINAL' || own.state === 'LOST') return undefined;
    const isOwn = own.sectionHash === sectionHash;
    if (!isDecided && (!isOwn || own.state === 'INCLUDED')) return undefined;
    const state: SectionFate = !isDecided ? 'INCLUDED' : isOwn ? 'FINAL' : 'LOST';
    const settled = { ...own, state };
    this.#sections = this.#sections.map((section) => (section === own ? settled : section));
    this.#counts = { ...this.#counts, [state]: this.#counts[state] + 1 };
    return settled;
  }
}
