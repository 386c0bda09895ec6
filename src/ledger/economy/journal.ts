import type { TokenName } from '../../types/names.ts';
import type { GoldBasis, GoldPosting } from '../../types/proofs/gold.ts';
import type { Hash } from '../../types/ssz-bytes.ts';

/**
 * What the running transaction has done, for its proof item: postings in order, what its new coins are based on, and
 * which approved operations it has used. Transactions execute one at a time and synchronously, so one journal is
 * enough; `begin` empties it.
 */
export class TransactionJournal {
  #postings: GoldPosting[] = [];
  #bases: GoldBasis[] = [];
  #approved = new Set<Hash>();

  begin(): void {
    this.#postings = [];
    this.#bases = [];
    this.#approved = new Set();
  }

  post(posting: GoldPosting): void {
    this.#postings.push(posting);
  }

  /** `basis`: hash of the document, or identity of the attestation, that new coins are based on. */
  base(token: TokenName, amount: bigint, basis: Hash): void {
    this.#bases.push({ token, amount, basis });
  }

  /** False if an operation with this hash was approved before in this transaction. */
  useApproval(operationHash: Hash): boolean {
    if (this.#approved.has(operationHash)) return false;
    this.#approved.add(operationHash);
    return true;
  }

  get postings(): readonly GoldPosting[] {
    return this.#postings;
  }

  get bases(): readonly GoldBasis[] {
    return this.#bases;
  }
}

export const journal = new TransactionJournal();
