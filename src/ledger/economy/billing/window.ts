import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { merkleRoot } from '../../../crypto/merkle.ts';
import {
  appendLeaf,
  frontierRoot,
  type MerkleFrontier,
  type MerkleNode,
} from '../../../crypto/merkle-log.ts';
import {
  BilledBlockType,
  type BillingCommitment,
  type BillLine,
  BillLineType,
  type BlockBill,
  chargeClass,
} from '../../../types/billing.ts';
import { type LedgerName, TOKENS, type TokenName } from '../../../types/names.ts';
import { ECONOMY_SYSTEM_RECEIPTS } from '../../../types/operations/economy-receipts.ts';
import { type Charge, ChargeType } from '../../../types/receipt.ts';
import { encode } from '../../../types/ssz.ts';
import { Hash32 } from '../../../types/ssz-bytes.ts';
import { Height, SafeU64, U32 } from '../../../types/ssz-numbers.ts';
import { type SystemReceiptBody, systemReceipt } from '../../../types/system-receipt.ts';
import { fromHex, toHex } from '../../../util/bytes.ts';
import type { BlockContext, SectionCharge, StateReader, StateWriter } from '../../seam.ts';
import { Table } from '../../state/table.ts';

/**
 * The window that is open: sums, and the frontier of the tree over its billed blocks. This is all that the state holds
 * of it, so a block costs the same however long the window has lasted.
 */
const OpenWindowType = new ContainerType({
  window: SafeU64,
  fromHeight: Height,
  blocks: U32,
  lines: SafeU64,
  totals: new ListCompositeType(ChargeType, TOKENS.length),
  frontier: new ListCompositeType(Hash32, 32),
});
type OpenWindow = ValueOf<typeof OpenWindowType>;

const openWindows = new Table('billing-window', OpenWindowType);

/** The charges of one section. */
export interface LedgerCharges {
  readonly ledger: LedgerName;
  readonly charges: readonly SectionCharge[];
}

/** A billed block, with the nodes that it adds to the tree of its window. */
export interface BookedBill extends BlockBill {
  readonly nodes: readonly MerkleNode[];
}

/** The window that counts now; undefined before the first block. */
export function openWindow(economy: StateReader): Pick<OpenWindow, 'window' | 'fromHeight'> | undefined {
  return openWindows.get(economy);
}

/**
 * EndBlock: books the charges of a block, and closes the window that ended before the block's rule time. `bill` is
 * undefined for a block without charges.
 */
export function billBlock(
  economy: StateWriter,
  { height, timeMs, genesis, parameters }: BlockContext,
  sections: readonly LedgerCharges[],
): { bill: BookedBill | undefined; receipts: SystemReceiptBody[] } {
  const window = Math.floor((timeMs - genesis.timeMs) / parameters.billingWindowMs);
  const last = openWindows.get(economy);
  const receipts: SystemReceiptBody[] = [];
  let open = last;
  if (open?.window !== window) {
    if (open !== undefined) receipts.push(commitmentReceipt(open, height - 1));
    open = { window, fromHeight: height, blocks: 0, lines: 0, totals: [], frontier: [] };
  }
  const lines = billLines(height, sections);
  if (lines.length === 0) {
    if (open !== last) openWindows.set(economy, open);
    return { bill: undefined, receipts };
  }
  const root = toHex(merkleRoot(lines.map((line) => encode(BillLineType, line))));
  const leaf = encode(BilledBlockType, { height, lines: lines.length, root });
  const { frontier, nodes } = appendLeaf(frontierOf(open), leaf);
  openWindows.set(economy, {
    ...open,
    blocks: frontier.size,
    lines: open.lines + lines.length,
    totals: addTotals(open.totals, lines),
    frontier: frontier.roots.map(toHex),
  });
  return { bill: { window, index: open.blocks, lines, nodes }, receipts };
}

function billLines(height: number, sections: readonly LedgerCharges[]): BillLine[] {
  return sections.flatMap(({ ledger, charges }) =>
    charges
      .filter(({ amount }) => amount > 0n)
      .map(({ payer, token, amount, receipt }) => ({
        payer,
        ledger,
        class: chargeClass(token),
        token,
        amount,
        height,
        receipt,
      })),
  );
}

function frontierOf({ blocks, frontier }: OpenWindow): MerkleFrontier {
  return { size: blocks, roots: frontier.map(fromHex) };
}

function addTotals(totals: readonly Charge[], lines: readonly Charge[]): Charge[] {
  const sums = new Map<TokenName, bigint>();
  for (const charges of [totals, lines])
    for (const { token, amount } of charges) sums.set(token, (sums.get(token) ?? 0n) + amount);
  return TOKENS.map((token) => ({ token, amount: sums.get(token) ?? 0n })).filter(
    ({ amount }) => amount > 0n,
  );
}

function commitmentReceipt(open: OpenWindow, toHeight: number): SystemReceiptBody {
  const { window, fromHeight, blocks, lines, totals } = open;
  const root = toHex(frontierRoot(frontierOf(open)));
  const commitment: BillingCommitment = { window, fromHeight, toHeight, blocks, lines, root, totals };
  return systemReceipt(ECONOMY_SYSTEM_RECEIPTS.BillingCommitment, commitment);
}
