import assert from 'node:assert/strict';
import fc from 'fast-check';
import { merkleRoot, verifyMerklePath } from '../../src/crypto/merkle.ts';
import { nodesOf, pathFromNodes } from '../../src/crypto/merkle-log.ts';
import { type BookedBill, billBlock, type LedgerCharges } from '../../src/ledger/economy/billing/window.ts';
import type { BlockContext } from '../../src/ledger/seam.ts';
import { State } from '../../src/ledger/state/state.ts';
import {
  BilledBlockType,
  type BillingCommitment,
  BillLineType,
  CHARGE_CLASSES,
  CLASS_TOKENS,
  chargeClass,
} from '../../src/types/billing.ts';
import { LEDGERS, TOKENS } from '../../src/types/names.ts';
import { ECONOMY_SYSTEM_RECEIPTS } from '../../src/types/operations/economy-receipts.ts';
import { encode } from '../../src/types/ssz.ts';
import { readSystemReceipt } from '../../src/types/system-receipt.ts';
import { fromHex, toHex } from '../../src/util/bytes.ts';
import { hashNumber } from '../support/blocks.ts';
import { economyGenesis, START_MS } from '../support/economy-chain.ts';

const WINDOW_MS = 1_000;
const genesis = economyGenesis({ parameters: { billingWindowMs: WINDOW_MS } });

const charge = fc.record({
  reason: fc.constant('transaction' as const),
  payer: fc.integer({ min: 0, max: 2 }).map(hashNumber),
  receipt: fc.nat(4_095),
  token: fc.constantFrom(...TOKENS),
  amount: fc.bigInt(0n, 2n ** 100n),
});
const sections = fc.tuple(...LEDGERS.map(() => fc.array(charge, { maxLength: 3 })));
const block = fc.record({ afterMs: fc.integer({ min: 0, max: 1_500 }), sections });
/** Some of them without a charge, and after some more time than a window has. */
const chain = fc.array(block, { maxLength: 25 });
type PlannedBlock = typeof block extends fc.Arbitrary<infer T> ? T : never;

interface Billed {
  readonly bills: readonly (BookedBill & { readonly height: number })[];
  readonly commitments: readonly BillingCommitment[];
}

/** Books the blocks one by one; one more, long after, closes the last window. */
function book(plan: readonly PlannedBlock[]): Billed {
  const state = new State();
  const bills: (BookedBill & { height: number })[] = [];
  const commitments: BillingCommitment[] = [];
  let timeMs = START_MS;
  const { parameters } = genesis;
  const last: PlannedBlock = { afterMs: 10 * WINDOW_MS, sections: LEDGERS.map(() => []) as never };
  for (const [index, { afterMs, sections: charges }] of [...plan, last].entries()) {
    timeMs += afterMs;
    const height = index + 1;
    const context: BlockContext = { height, timeMs, genesis, genesisHash: hashNumber(1), parameters };
    const view = state.extend();
    const byLedger: LedgerCharges[] = LEDGERS.map((ledger, i) => ({ ledger, charges: charges[i] ?? [] }));
    const { bill, receipts } = billBlock(view.writer('economy'), context, byLedger);
    state.commit(view);
    if (bill !== undefined) bills.push({ ...bill, height });
    for (const receipt of receipts) {
      const commitment = readSystemReceipt(ECONOMY_SYSTEM_RECEIPTS.BillingCommitment, receipt);
      if (commitment !== undefined) commitments.push(commitment);
    }
  }
  return { bills, commitments };
}

/** What the commitments must be, by the definition alone: all charges of all blocks sorted into windows. */
function expectedCommitments(plan: readonly PlannedBlock[]): BillingCommitment[] {
  const windows = new Map<number, { heights: number[]; leaves: Uint8Array[]; charges: PlannedCharge[] }>();
  let timeMs = 0;
  for (const [index, { afterMs, sections: charges }] of plan.entries()) {
    timeMs += afterMs;
    const number = Math.floor(timeMs / WINDOW_MS);
    const window = windows.get(number) ?? { heights: [], leaves: [], charges: [] };
    windows.set(number, window);
    const height = index + 1;
    window.heights.push(height);
    const lines = LEDGERS.flatMap((ledger, i) =>
      (charges[i] ?? [])
        .filter(({ amount }) => amount > 0n)
        .map(({ reason: _reason, ...line }) => ({ ...line, ledger, class: chargeClass(line.token), height })),
    );
    if (lines.length === 0) continue;
    const root = toHex(merkleRoot(lines.map((line) => encode(BillLineType, line))));
    window.leaves.push(encode(BilledBlockType, { height, lines: lines.length, root }));
    window.charges.push(...lines);
  }
  return [...windows].map(([window, { heights, leaves, charges }]) => ({
    window,
    fromHeight: heights[0] as number,
    toHeight: heights.at(-1) as number,
    blocks: leaves.length,
    lines: charges.length,
    root: toHex(merkleRoot(leaves)),
    totals: TOKENS.map((token) => ({
      token,
      amount: charges.reduce((sum, one) => (one.token === token ? sum + one.amount : sum), 0n),
    })).filter(({ amount }) => amount > 0n),
  }));
}
type PlannedCharge = { token: string; amount: bigint };

/** Whether a line leads to the root of its window by its two paths. */
function leads(
  line: Uint8Array,
  proof: { bill: Billed['bills'][number]; index: number },
  billed: Billed,
  flip?: number,
) {
  const { bill, index } = proof;
  const commitment = billed.commitments.find(({ window }) => window === bill.window) as BillingCommitment;
  const leaves = bill.lines.map((one) => encode(BillLineType, one));
  const root = merkleRoot(leaves);
  const path = pathFromNodes(index, leaves.length, nodesOf(leaves));
  const nodes = new Map(
    billed.bills
      .filter(({ window }) => window === bill.window)
      .flatMap((one) =>
        one.nodes.map(({ level, position, hash }) => [`${level}/${position}`, hash] as const),
      ),
  );
  const blockPath = pathFromNodes(
    bill.index,
    commitment.blocks,
    (level, position) => nodes.get(`${level}/${position}`) as Uint8Array,
  );
  const hashes = [...path, ...blockPath];
  if (flip !== undefined) {
    // A line that is alone has no path that could be changed.
    if (hashes.length === 0) return false;
    const target = Uint8Array.from(hashes[flip % hashes.length] as Uint8Array);
    target[flip % 32] = (target[flip % 32] as number) ^ 1;
    hashes[flip % hashes.length] = target;
  }
  const leaf = encode(BilledBlockType, { height: bill.height, lines: leaves.length, root: toHex(root) });
  return (
    verifyMerklePath(line, index, leaves.length, hashes.slice(0, path.length), root) &&
    verifyMerklePath(leaf, bill.index, commitment.blocks, hashes.slice(path.length), fromHex(commitment.root))
  );
}

describe('Billing', () => {
  it('gives each class one token, and each token one class', () => {
    for (const name of CHARGE_CLASSES) assert.equal(chargeClass(CLASS_TOKENS[name]), name);
    assert.deepEqual([...Object.values(CLASS_TOKENS)].sort(), [...TOKENS].sort());
  });

  it('commits to all charges of a window, whatever the blocks, as one tree over all of them would', () => {
    let closed = 0;
    const committed = fc.property(chain, (plan) => {
      const { commitments } = book(plan);
      const expected = expectedCommitments(plan);
      // The block that closes the last window is not planned; alone it closes nothing.
      assert.deepEqual(commitments, expected);
      closed += expected.filter(({ blocks }) => blocks > 1).length;
    });
    fc.assert(committed, { numRuns: 50, endOnFailure: true, seed: 1 });
    assert.ok(closed > 0, 'windows with several billed blocks');
    fc.assert(committed, { numRuns: 100, endOnFailure: true });
  });

  it('leads from every line to its commitment, and from none that was changed', () => {
    fc.assert(
      fc.property(chain, fc.nat(), (plan, random) => {
        const billed = book(plan);
        for (const bill of billed.bills)
          for (const [index, line] of bill.lines.entries()) {
            const bytes = encode(BillLineType, line);
            assert.ok(leads(bytes, { bill, index }, billed));
            const changed = bytes.slice();
            changed[random % changed.length] =
              (changed[random % changed.length] as number) ^ (1 << (random % 8));
            assert.ok(!leads(changed, { bill, index }, billed));
            assert.ok(!leads(bytes, { bill, index }, billed, random));
          }
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });
});
