import type { LedgerName } from '../types/names.ts';
import type { Receipt } from '../types/receipt.ts';
import type { SentMessage } from '../types/section-parts.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import type { CreditedJob, SectionCharge } from './seam.ts';
import type { StateView } from './state/state.ts';

/** What one ledger's transactions of a block did. It stays usable until its Begun is discarded or superseded. */
export interface SectionResult {
  readonly ledger: LedgerName;
  readonly transactions: readonly EncodedTransaction[];
  readonly txIds: readonly string[];
  readonly receipts: readonly Receipt[];
  /** The ledger's sub-root after BeginBlock and after the last transaction, as hex. */
  readonly preRoot: string;
  readonly postRoot: string;
  /** Gas used by all transactions: `work` of the section. */
  readonly gas: number;
  /** The part of it that fees paid for: free operations take room too, but are no demand at a price. */
  readonly gasSold: number;
  readonly outbox: readonly SentMessage[];
  readonly charges: readonly SectionCharge[];
  /** Work whose fee is among the charges, in the order in which it was reported. */
  readonly jobs: readonly CreditedJob[];
  /** SSZ bytes, one per transaction: the leaves of the section's proof. */
  readonly proofItems: readonly Uint8Array[];
  /** The state after the section; only the ledger's own sub-tree differs from S. */
  readonly view: StateView;
  /** Gives the memory of the overlay back. */
  discard(): void;
}
