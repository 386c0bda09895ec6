import type { BillingProof } from '../../types/bill-proof.ts';
import type { BlockBill } from '../../types/billing.ts';
import type { Hash } from '../../types/ssz-bytes.ts';
import type { Awaitable } from './awaitable.ts';

/** The charges that this node keeps, block by block, and the commitments to them. */
export interface BillingPort {
  /** The window that counts now; undefined before the first block. */
  openWindow(): { readonly window: number; readonly fromHeight: number } | undefined;
  /** The commitment to a closed window and that it is final; undefined while there is none. */
  commitment(window: number): Awaitable<BillingProof | undefined>;
  /** The charges of a block; undefined for one without any. */
  blockBill(height: number): BlockBill | undefined;
  /** From the billed block at `index` of the `blocks` of a window to the window's root. */
  blockPath(window: number, index: number, blocks: number): Hash[];
}
