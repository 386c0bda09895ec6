import type { Evidence } from '../types/evidence.ts';
import { evidenceBetween } from '../types/evidence-check.ts';
import type { Address } from '../types/ssz-bytes.ts';
import type { ConsensusStatement } from '../types/statement.ts';
import { LIMITS } from '../util/limits.ts';

/** What a validator is said to have signed; until its signature was checked, anybody may have made it up. */
export interface RecentStatement {
  readonly statement: ConsensusStatement;
  readonly isChecked: boolean;
}

/** A statement that another one contradicts, and the evidence that the two make if both are genuine. */
export interface Contradiction {
  readonly earlier: RecentStatement;
  readonly evidence: Evidence;
}

/**
 * What validators have signed at the latest heights, beyond their decision: a core forgets a height when it is decided,
 * and whoever waits until then with its second vote, or with both, has contradicted itself no less. Of each validator
 * one statement a step is kept, of so many steps a height, so that none can take the room of another or fill the
 * memory.
 *
 * What comes after a decision is kept unchecked, because nearly all of it is honest and of no use: a signature is worth
 * its price only where two statements contradict each other, or where there is no room for both.
 */
export class RecentStatements {
  /** Height → validator → step → statement. */
  readonly #heights = new Map<number, Map<Address, Map<string, RecentStatement>>>();
  #highest = 0;

  /** Whether statements of a height are still kept, or kept already: those of the latest heights. */
  isRecent(height: number): boolean {
    return height > this.#highest - LIMITS.maxRecentHeights;
  }

  /**
   * Keeps a statement that contradicts none that is kept; the signer must be a validator of its height. False if it
   * is unchecked and there is no room, but would be if it were checked: it could take the place of an unchecked one.
   */
  keep(statement: ConsensusStatement, isChecked: boolean): boolean {
    const { body, signer } = statement.signed;
    if (!this.isRecent(body.height)) return true;
    const ofHeight = this.#heights.get(body.height) ?? this.#open(body.height);
    const steps = ofHeight.get(signer) ?? new Map<string, RecentStatement>();
    ofHeight.set(signer, steps);
    const step = stepOf(statement);
    const known = steps.get(step);
    if (known === undefined && steps.size >= LIMITS.maxRecentStatementsPerValidator) {
      const unchecked = [...steps].find(([, other]) => !other.isChecked);
      if (unchecked === undefined) return true;
      if (!isChecked) return false;
      steps.delete(unchecked[0]);
    }
    if (known === undefined || (isChecked && !known.isChecked)) steps.set(step, { statement, isChecked });
    return true;
  }

  /** Lets go of one that has proved to be forged. */
  forget(forged: RecentStatement): void {
    const { body, signer } = forged.statement.signed;
    const steps = this.#heights.get(body.height)?.get(signer);
    const step = stepOf(forged.statement);
    if (steps?.get(step) === forged) steps.delete(step);
  }

  /** What a statement contradicts, a checked one first. */
  contradictedBy(statement: ConsensusStatement): Contradiction | undefined {
    const { body, signer } = statement.signed;
    let found: Contradiction | undefined;
    for (const earlier of this.#heights.get(body.height)?.get(signer)?.values() ?? []) {
      const evidence = evidenceBetween(earlier.statement, statement);
      if (evidence === undefined) continue;
      found = { earlier, evidence };
      if (earlier.isChecked) break;
    }
    return found;
  }

  /** A height is heard of for the first time: what lies long before the highest one is forgotten. */
  #open(height: number): Map<Address, Map<string, RecentStatement>> {
    this.#highest = Math.max(this.#highest, height);
    for (const known of this.#heights.keys()) if (!this.isRecent(known)) this.#heights.delete(known);
    const ofHeight = new Map<Address, Map<string, RecentStatement>>();
    this.#heights.set(height, ofHeight);
    return ofHeight;
  }
}

/** A validator that keeps to the protocol makes one statement of a kind in a round. */
function stepOf({ tag, signed }: ConsensusStatement): string {
  return `${tag}/${signed.body.round}`;
}
