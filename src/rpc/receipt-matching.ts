import type * as z from 'zod';
import type { LedgerName } from '../types/names.ts';
import type { Address } from '../types/ssz-bytes.ts';
import { decodeTransaction } from '../types/transaction.ts';
import type { StoredBlock } from './ports/chain.ts';
import type * as results from './schema/results.ts';
import { addressText } from './text-forms.ts';
import { operationNames, receiptView } from './transaction-views.ts';

export type ReceiptView = z.input<typeof results.Receipt>;

/** What a receipt has to be like; what is not given does not matter. */
export interface ReceiptPattern {
  readonly ledgers?: readonly LedgerName[] | undefined;
  /** Name of an operation of the transaction or of an event of the receipt. */
  readonly type?: string | undefined;
  /** The sender, or an address that an event names. */
  readonly address?: Address | undefined;
}

/** A receipt of a block with the bytes of its transaction. */
export interface Candidate {
  readonly receipt: StoredBlock['receipts']['sections'][number][number];
  readonly transaction: Uint8Array | undefined;
}

export function candidatesOf({ block, receipts }: StoredBlock): Candidate[] {
  return receipts.sections.flatMap((list, i) =>
    list.map((receipt, j) => ({ receipt, transaction: block.transactions[i]?.[j] })),
  );
}

/** The receipt in readable form if it fits. */
export function matching(
  { receipt, transaction }: Candidate,
  pattern: ReceiptPattern,
): ReceiptView | undefined {
  const { ledgers, type, address } = pattern;
  if (ledgers !== undefined && !ledgers.includes(receipt.ledger)) return undefined;
  const view = receiptView(receipt);
  if (type === undefined && address === undefined) return view;
  const body = transaction === undefined ? undefined : decodeTransaction(transaction).value.body;
  if (type !== undefined) {
    const names = body === undefined ? [] : operationNames(body.ledger, body.operations);
    if (!names.includes(type) && !view.events.some(({ name }) => name === type)) return undefined;
  }
  if (address !== undefined && body?.sender !== address) {
    const text = `"${addressText(address)}"`;
    if (!view.events.some(({ data }) => JSON.stringify(data).includes(text))) return undefined;
  }
  return view;
}
