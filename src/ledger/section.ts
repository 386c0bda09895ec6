import type { LedgerName } from '../types/names.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import { type Inadmissible, type InadmissibleCode, type KnownTransaction, SectionRoom } from './admission.ts';
import type { Begun } from './begin-block.ts';
import { SectionExecution } from './section-execution.ts';
import type { SectionResult } from './section-result.ts';

export type SectionFaultCode = InadmissibleCode | 'SECTION_TOO_LARGE';

/** Why a list of transactions is no valid section. */
export interface SectionFault {
  readonly code: SectionFaultCode;
  /** Place of the first transaction at fault. */
  readonly index: number;
  readonly txId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export type SectionOutcome =
  | { readonly valid: true; readonly result: SectionResult }
  | { readonly valid: false; readonly fault: SectionFault };

/** A candidate that the builder of a section left out. */
export interface SkippedTransaction {
  readonly transaction: EncodedTransaction;
  readonly reason: Inadmissible;
}

/**
 * Checks and executes the transactions of a section exactly as they stand. One inadmissible transaction, or one more
 * than the bounds allow, makes the whole section invalid; the bounds are checked before anything is executed.
 * Signatures are the caller's to check.
 */
export function executeSection(
  begun: Begun,
  ledger: LedgerName,
  transactions: readonly EncodedTransaction[],
): SectionOutcome {
  const execution = new SectionExecution(begun, ledger);
  const invalid = (index: number, reason: Omit<SectionFault, 'index' | 'txId'>): SectionOutcome => {
    execution.abandon();
    const txId = (transactions[index] as EncodedTransaction).id;
    return { valid: false, fault: { code: reason.code, index, txId, data: reason.data } };
  };
  const room = new SectionRoom(begun.context.parameters);
  const known: KnownTransaction[] = [];
  for (const [index, transaction] of transactions.entries()) {
    const answer = execution.know(transaction);
    if ('code' in answer) return invalid(index, answer);
    if (!room.take(answer)) return invalid(index, { code: 'SECTION_TOO_LARGE', data: {} });
    known.push(answer);
  }
  for (const [index, transaction] of known.entries()) {
    const refusal = execution.admit(transaction) ?? execution.execute(transaction);
    if (refusal !== undefined) return invalid(index, refusal);
  }
  return { valid: true, result: execution.result() };
}

/**
 * Builds a section out of candidates, as many at a time as there are: what is inadmissible is left out and reported,
 * and the first transaction that does not fit any more ends the section.
 */
export class SectionBuilder {
  readonly #execution: SectionExecution;
  readonly #room: SectionRoom;
  readonly #taken = new Set<string>();
  #isFull = false;

  /** `maxGas`: what the section shall take at most, where its block has less room left than a section may take. */
  constructor(begun: Begun, ledger: LedgerName, maxGas?: number) {
    this.#execution = new SectionExecution(begun, ledger);
    this.#room = new SectionRoom(begun.context.parameters, maxGas);
  }

  /** How many transactions the section holds so far. */
  get size(): number {
    return this.#taken.size;
  }

  /** Takes candidates in their order, those that it has already aside, and returns what it left out. */
  add(candidates: Iterable<EncodedTransaction>): SkippedTransaction[] {
    const skipped: SkippedTransaction[] = [];
    for (const transaction of candidates) {
      if (this.#isFull) break;
      if (this.#taken.has(transaction.id)) continue;
      const reason = this.#take(transaction);
      if (reason !== undefined) skipped.push({ transaction, reason });
    }
    return skipped;
  }

  #take(transaction: EncodedTransaction): Inadmissible | undefined {
    const known = this.#execution.know(transaction);
    if ('code' in known) return known;
    const refusal = this.#execution.admit(known);
    if (refusal !== undefined) return refusal;
    if (!this.#room.fits(known)) {
      this.#isFull = true;
      return undefined;
    }
    const reason = this.#execution.execute(known);
    if (reason !== undefined) return reason;
    this.#room.take(known);
    this.#taken.add(transaction.id);
    return undefined;
  }

  /** What was executed so far; the last call. */
  result(): SectionResult {
    return this.#execution.result();
  }

  /** Gives everything back; there will be no result. */
  abandon(): void {
    this.#execution.abandon();
  }
}

/** A section out of these candidates alone. */
export function buildSection(
  begun: Begun,
  ledger: LedgerName,
  candidates: Iterable<EncodedTransaction>,
): { readonly result: SectionResult; readonly skipped: readonly SkippedTransaction[] } {
  const builder = new SectionBuilder(begun, ledger);
  const skipped = builder.add(candidates);
  return { result: builder.result(), skipped };
}
