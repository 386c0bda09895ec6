import assert from 'node:assert/strict';
import type { BlockReceipts } from '../../../src/types/receipt.ts';
import { BillBook } from '../../../testnet/second-checker-bills.ts';
import type { ExportedBlock } from '../../../testnet/second-checker-export.ts';
import { ExportedChain } from '../../support/exported-chain.ts';

/** Blocks of a chain on which Alice pays in two windows, the first of which is over. */
async function twoWindows() {
  const chain = await ExportedChain.open();
  const { alice, clock, genesis } = chain.world;
  const payment = chain.world.payment(5n);
  const blocks = [await chain.block([payment], [payment, payment]), await chain.block([payment])];
  clock.advance(genesis.parameters.billingWindowMs);
  blocks.push(await chain.block(), await chain.block([payment]));
  const senderOf = () => alice.address;
  /** What the book finds in these blocks, `change` being made to the receipts of one. */
  const faults = (at = -1, change: (receipts: BlockReceipts) => BlockReceipts = (same) => same) => {
    const book = new BillBook(genesis);
    let timeMs = genesis.timeMs;
    for (const [index, { height, receipts, block }] of (blocks as ExportedBlock[]).entries()) {
      book.apply(height, timeMs, index === at ? change(receipts) : receipts, senderOf);
      timeMs = block.header.timeMs;
    }
    return book.faults;
  };
  return { blocks, faults };
}

describe('the bills of the second checker', () => {
  it('come to the commitments of the chain', async () => {
    const { faults } = await twoWindows();
    assert.deepEqual(faults(), []);
  });

  it('differ where a charge, or a whole commitment, is left out', async () => {
    const { blocks, faults } = await twoWindows();
    const withoutCharges = (receipts: BlockReceipts) => ({
      ...receipts,
      sections: receipts.sections.map((list) => list.map((receipt) => ({ ...receipt, charges: [] }))),
    });
    assert.equal(faults(1, withoutCharges).length, 1);
    assert.equal(faults(blocks.length - 1, (receipts) => ({ ...receipts, system: [] })).length, 1);
  });
});
