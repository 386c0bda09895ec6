import type { Mempool } from '../mempool/mempool.ts';
import type { Parameters } from '../types/genesis.ts';
import type { LedgerName } from '../types/names.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import { LIMITS } from '../util/limits.ts';

/** The miner's own policy, within what a section may hold. */
export interface SectionShare {
  readonly maxTransactions: number;
  readonly maxBytes: number;
}

/** The pool's transactions for a section of a ledger, in their order. */
export function candidatesOf(
  mempool: Mempool,
  ledger: LedgerName,
  { maxSectionBytes, maxSectionOperations }: Parameters,
  share: SectionShare,
): EncodedTransaction[] {
  return mempool.executable(ledger, {
    maxBytes: Math.min(maxSectionBytes, share.maxBytes),
    maxOperations: maxSectionOperations,
    maxTransactions: Math.min(LIMITS.maxTransactionsPerSection, share.maxTransactions),
  });
}
