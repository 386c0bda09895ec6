import type { EvidencePool } from '../chain/evidence-pool.ts';
import { sealsOf } from '../consensus/commit-certificate.ts';
import { RecentStatements } from '../consensus/recent-statements.ts';
import type { Certificate } from '../types/certificate.ts';
import type { ConsensusMessage } from '../types/consensus-message.ts';
import type { Evidence } from '../types/evidence.ts';
import type { Address } from '../types/ssz-bytes.ts';
import { type ConsensusStatement, statementOf, statementsIn } from '../types/statement.ts';
import type { ValidatorSet } from '../types/validator.ts';

type Court = Pick<EvidencePool, 'admit' | 'isAccusable' | 'isSigned'>;

/**
 * Holds all that validators sign against what they signed before, whichever way it came: in a message of their own,
 * inside one of others, as a seal on the chain, before its height began or after it was decided. The core reports what
 * it finds while it decides a height; this notices the rest.
 */
export class Contradictions {
  readonly #court: Court;
  readonly #statements = new RecentStatements();
  /** Of heights that no block may speak of yet, one piece of each validator. */
  readonly #early = new Map<Address, Evidence>();

  constructor(court: Court) {
    this.#court = court;
  }

  /** A message in which every signature was checked, of the last, the current or the next height. */
  async heard(message: ConsensusMessage): Promise<void> {
    for (const statement of statementsIn(message)) await this.#weigh(statement, true);
  }

  /**
   * A message for a decided height, of no use to anybody, and therefore unchecked. False if it is known to be forged:
   * where it matters who signed it, that is found out.
   */
  async heardLate(message: ConsensusMessage): Promise<boolean> {
    const statement = statementOf(message);
    if (statement === undefined) return true;
    const { body, signer } = statement.signed;
    if (!this.#statements.isRecent(body.height) || !this.#court.isAccusable(signer, body.height)) return true;
    return await this.#weigh(statement, false);
  }

  /** A block is on the chain: who sealed it has signed that, and what was too early before may be in time now. */
  async onCommitted(certificate: Certificate, validators: ValidatorSet): Promise<void> {
    const early = [...this.#early.values()];
    this.#early.clear();
    for (const evidence of early) await this.#court.admit(evidence, 'own');
    for (const signed of sealsOf(certificate, validators)) await this.#weigh({ tag: 'seal', signed }, true);
  }

  /** Reports what a statement contradicts, or keeps it. False if it is forged. */
  async #weigh(statement: ConsensusStatement, isChecked: boolean): Promise<boolean> {
    for (;;) {
      const contradiction = this.#statements.contradictedBy(statement);
      if (contradiction === undefined) break;
      const { earlier, evidence } = contradiction;
      const admission = await this.#court.admit(evidence, 'own');
      if (admission === 'EVIDENCE_FROM_FUTURE') this.#early.set(statement.signed.signer, evidence);
      if (admission !== 'BAD_EVIDENCE_SIGNATURE') return true;
      if (!isChecked && (earlier.isChecked || !(await this.#court.isSigned(statement)))) return false;
      isChecked = true;
      this.#statements.forget(earlier);
    }
    if (this.#statements.keep(statement, isChecked)) return true;
    if (!(await this.#court.isSigned(statement))) return false;
    this.#statements.keep(statement, true);
    return true;
  }
}
