import assert from 'node:assert/strict';
import { supplyOf, totalOf } from '../../src/ledger/economy/books.ts';
import { encodeOperation } from '../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../src/types/operations/economy.ts';
import { assertConserved } from '../support/compliance/checks.ts';
import type { Plan } from '../support/compliance/fixture.ts';
import { FIXTURES, preparedChain, transactionsOf } from '../support/compliance/world.ts';
import { LEIS } from '../support/economy-chain.ts';
import type { LedgerChain } from '../support/ledger-chain.ts';

const cases = FIXTURES.economy.cases;

function planOf(name: string, chain: LedgerChain): Plan {
  const found = cases[name];
  assert.ok(found);
  return found.succeeding(chain);
}

/** The payment of the fixture, from a German bank to a French one, or to another bank. */
function payment(chain: LedgerChain, creditorBank?: string): Plan {
  const { sender, operation } = planOf('BankTransfer', chain);
  const spec = ECONOMY.operations.BankTransfer;
  const value = spec.type.deserialize(operation.data);
  return { sender, operation: encodeOperation(spec, { ...value, ...(creditorBank && { creditorBank }) }) };
}

/** Executes the plans in a block, and returns what was charged in AUR and how much less of it there is. */
function charged(chain: LedgerChain, plans: readonly Plan[]): { charges: bigint; burned: bigint } {
  const before = supplyOf(chain.state.reader('economy'), 'AUR');
  const { receipts } = chain.block(transactionsOf(chain, 'economy', plans));
  for (const { status, txId } of receipts) assert.equal(status, 0, txId);
  assertConserved(chain);
  const charges = receipts.flatMap((receipt) => receipt.charges).filter(({ token }) => token === 'AUR');
  return {
    charges: charges.reduce((sum, { amount }) => sum + amount, 0n),
    burned: before - supplyOf(chain.state.reader('economy'), 'AUR'),
  };
}

describe('A payment between banks', () => {
  it('of different countries costs AUR that is burned, all of it claimed in dollars', () => {
    const chain = preparedChain();
    const { crossBorderFeeAur } = chain.genesis.parameters;
    const { charges, burned } = charged(chain, [payment(chain)]);
    assert.equal(charges, crossBorderFeeAur);
    assert.equal(burned, crossBorderFeeAur);
    assert.equal(totalOf(chain.state.reader('economy'), 'fees', 'AUR'), crossBorderFeeAur);
  });

  it('of one country costs none', () => {
    const chain = preparedChain();
    charged(chain, [planOf('BankRegister', chain)]);
    assert.deepEqual(charged(chain, [payment(chain, LEIS[3])]), { charges: 0n, burned: 0n });
  });

  it('is on the bill of the bank that pays, beside its gas', () => {
    const chain = preparedChain();
    const { sections } = chain.block(transactionsOf(chain, 'economy', [payment(chain)]));
    const { sender } = payment(chain);
    assert.deepEqual(
      sections.economy?.charges.map(({ payer, reason, token }) => ({ payer, reason, token })),
      [
        { payer: sender.address, reason: 'transaction', token: 'FLX' },
        { payer: sender.address, reason: 'cross-border', token: 'AUR' },
      ],
    );
  });
});
