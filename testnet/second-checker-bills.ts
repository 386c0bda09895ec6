import { merkleRoot } from '../src/crypto/merkle.ts';
import {
  BilledBlockType,
  type BillingCommitment,
  type BillLine,
  BillLineType,
  type ChargeClass,
} from '../src/types/billing.ts';
import type { Genesis } from '../src/types/genesis.ts';
import { TOKENS, type TokenName } from '../src/types/names.ts';
import { DOCKLOCK } from '../src/types/operations/docklock.ts';
import { ECONOMY_SYSTEM_RECEIPTS } from '../src/types/operations/economy-receipts.ts';
import type { BlockReceipts, Receipt } from '../src/types/receipt.ts';
import { decode, encode } from '../src/types/ssz.ts';
import { readSystemReceipt } from '../src/types/system-receipt.ts';
import { toHex } from '../src/util/bytes.ts';

/** Written down a second time, so that a slip in the chain's own table shows. */
const CLASSES: Readonly<Record<TokenName, ChargeClass>> = {
  FLX: 'transaction',
  GEN: 'consensus',
  NEX: 'storage',
  AUR: 'cross-border',
};

interface Window {
  readonly number: number;
  readonly fromHeight: number;
  readonly leaves: Uint8Array[];
  readonly lines: BillLine[];
}

/**
 * The commitments to windows of billing, made again out of receipts: who was charged what stands in them, and the tree
 * over a window is built at once when the window is over.
 */
export class BillBook {
  readonly #startMs: number;
  readonly #windowMs: number;
  readonly #faults: string[] = [];
  #open: Window | undefined;

  constructor({ timeMs, parameters }: Genesis) {
    this.#startMs = timeMs;
    this.#windowMs = parameters.billingWindowMs;
  }

  get faults(): readonly string[] {
    return this.#faults;
  }

  /** Books one block; `timeMs` is its rule time. */
  apply(height: number, timeMs: number, receipts: BlockReceipts, senderOf: (txId: string) => string): void {
    const number = Math.floor((timeMs - this.#startMs) / this.#windowMs);
    const closed = this.#open?.number === number ? undefined : this.#open;
    const expected = closed === undefined ? [] : [commitmentOf(closed, height - 1)];
    const found = receipts.system.flatMap(
      (receipt) => readSystemReceipt(ECONOMY_SYSTEM_RECEIPTS.BillingCommitment, receipt) ?? [],
    );
    if (textOf(found) !== textOf(expected))
      this.#faults.push(`block ${height} commits to ${textOf(found)}, not to ${textOf(expected)}`);
    if (this.#open?.number !== number) this.#open = { number, fromHeight: height, leaves: [], lines: [] };
    const lines = receipts.sections.flat().flatMap((receipt) => linesOf(receipt, senderOf(receipt.txId)));
    if (lines.length === 0) return;
    const root = toHex(merkleRoot(lines.map((line) => encode(BillLineType, line))));
    this.#open.leaves.push(encode(BilledBlockType, { height, lines: lines.length, root }));
    this.#open.lines.push(...lines);
  }
}

/** What the sender paid, and then the fees of the jobs that the transaction reported. */
function linesOf({ ledger, height, index, charges, events }: Receipt, sender: string): BillLine[] {
  const line = (payer: string, token: TokenName, amount: bigint): BillLine => ({
    payer,
    ledger,
    class: CLASSES[token],
    token,
    amount,
    height,
    receipt: index,
  });
  const lines = charges.map(({ token, amount }) => line(sender, token, amount));
  if (ledger !== 'docklock') return lines;
  for (const { kind, data } of events) {
    if (kind !== DOCKLOCK.events.JobValued.kind) continue;
    const { owner, amounts, credited } = decode(DOCKLOCK.events.JobValued.type, data, 'event');
    if (!credited) continue;
    for (const { token, fee } of amounts) if (fee > 0n) lines.push(line(owner, token, fee));
  }
  return lines;
}

function commitmentOf({ number, fromHeight, leaves, lines }: Window, toHeight: number): BillingCommitment {
  return {
    window: number,
    fromHeight,
    toHeight,
    blocks: leaves.length,
    lines: lines.length,
    root: toHex(merkleRoot(leaves)),
    totals: TOKENS.map((token) => ({
      token,
      amount: lines.reduce((sum, line) => (line.token === token ? sum + line.amount : sum), 0n),
    })).filter(({ amount }) => amount > 0n),
  };
}

function textOf(commitments: readonly BillingCommitment[]): string {
  return JSON.stringify(commitments, (_, value) => (typeof value === 'bigint' ? value.toString() : value));
}
