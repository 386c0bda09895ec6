import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nextGasPrice } from '../../../../../src/ledger/economy/policy/base-fee.ts';
import { chainParameters } from '../../../../../src/ledger/system/chain-facts.ts';
import { encodeOperation } from '../../../../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../../../../src/types/operations/economy.ts';
import { ECONOMY_SYSTEM_RECEIPTS } from '../../../../../src/types/operations/economy-receipts.ts';
import { COMMON_STATUSES } from '../../../../../src/types/status.ts';
import { readSystemReceipt } from '../../../../../src/types/system-receipt.ts';
import { alice, bob, EconomyChain, oracles } from '../../../../support/economy-chain.ts';

const TARGET = 1_000_000n;
const step = (price: bigint, gasSold: bigint, floor = 1n) =>
  nextGasPrice({ price, floor, gasSold, gasTarget: TARGET });

describe('The price of gas', () => {
  it('rises by an eighth at twice the target and falls by an eighth at nothing', () => {
    assert.equal(step(1_000n, 2n * TARGET), 1_125n);
    assert.equal(step(1_000n, 0n), 875n);
  });

  it('stays at the target, and moves in proportion between', () => {
    assert.equal(step(1_000n, TARGET), 1_000n);
    assert.equal(step(1_000n, TARGET + TARGET / 2n), 1_062n);
    assert.equal(step(1_000n, TARGET / 2n), 938n);
  });

  it('moves by at least 1, so that it leaves even the lowest floor and finds back', () => {
    assert.equal(step(1n, TARGET + 1n), 2n);
    assert.equal(step(7n, 2n * TARGET), 8n);
    assert.equal(step(7n, TARGET - 1n), 6n);
  });

  it('takes a block above twice the target for twice the target', () => {
    assert.equal(step(1_000n, 1_000n * TARGET), 1_125n);
  });

  it('never falls below the price of genesis', () => {
    assert.equal(step(1_000n, 0n, 990n), 990n);
    assert.equal(step(1n, 0n), 1n);
  });

  it('stays nothing where genesis asks for nothing', () => {
    assert.equal(step(0n, 2n * TARGET, 0n), 0n);
  });

  it('moves by at most an eighth or 1 in the direction of the demand, and grows with it', () => {
    const amount = fc.bigInt(1n, 10n ** 20n);
    const gas = fc.bigInt(0n, 4n * TARGET);
    fc.assert(
      fc.property(amount, amount, gas, gas, (a, b, sold, more) => {
        const [floor, price] = a < b ? [a, b] : [b, a];
        const next = step(price, sold, floor);
        assert.ok(next >= floor);
        if (sold > TARGET) assert.ok(next > price && next - price <= price / 8n + 1n);
        else assert.ok(next <= price && price - next <= price / 8n + 1n);
        assert.ok(step(price, sold + more, floor) >= next);
      }),
    );
  });
});

/** A chain on which one transfer sells more gas than the target. */
function busyChain(gasPrice = 8n): EconomyChain {
  return new EconomyChain({ parameters: { gasPrice, targetBlockGas: 1_000 } });
}

const transfer = { to: bob.address, token: 'FLX', amount: 1n, reference: '' } as const;
const priceOf = (chain: EconomyChain) => chainParameters(chain.state.reader('system')).gasPrice;
const changes = ({ system }: ReturnType<EconomyChain['block']>) =>
  system.flatMap((receipt) => readSystemReceipt(ECONOMY_SYSTEM_RECEIPTS.GasPriceChanged, receipt) ?? []);

describe('The price of gas on the chain', () => {
  it('rises with the block after one above the target, and the receipt says so', () => {
    const chain = busyChain();
    const { receipt, block } = chain.send(alice, ECONOMY.operations.Transfer, transfer);
    assert.equal(receipt.charges[0]?.amount, BigInt(receipt.gas) * 8n);
    assert.deepEqual(changes(block), [{ gasPrice: 9n, gasSold: receipt.gas }]);
    assert.equal(priceOf(chain), 9n);
    const { receipt: later } = chain.send(alice, ECONOMY.operations.Transfer, transfer);
    assert.equal(later.charges[0]?.amount, BigInt(later.gas) * 9n);
  });

  it('falls back to that of genesis, leaves no entry there, and then says nothing', () => {
    const chain = busyChain();
    chain.send(alice, ECONOMY.operations.Transfer, transfer);
    assert.notEqual(chain.state.reader('system').get('gas-price'), undefined);
    assert.deepEqual(changes(chain.block([])), [{ gasPrice: 8n, gasSold: 0 }]);
    assert.equal(chain.state.reader('system').get('gas-price'), undefined);
    assert.deepEqual(changes(chain.block([])), []);
  });

  it('is not moved by free operations', () => {
    const chain = busyChain();
    const report = encodeOperation(ECONOMY.operations.PriceReport, { microUsdPerOunce: 2_000_000_000n });
    const block = chain.block([chain.transaction(oracles[0], [report])]);
    assert.equal(block.receipts[0]?.status, 0);
    assert.deepEqual(changes(block), []);
  });

  it('counts of a transaction that ran out of its fee only what it paid for', () => {
    const chain = busyChain();
    const operations = Array.from({ length: 3 }, () =>
      encodeOperation(ECONOMY.operations.Transfer, transfer),
    );
    const planned = chain.transaction(alice, operations, { maxFee: 8n * 1_500n });
    const block = chain.block([planned]);
    assert.equal(block.receipts[0]?.status, COMMON_STATUSES.OUT_OF_GAS);
    assert.deepEqual(changes(block), [{ gasPrice: 9n, gasSold: 1_500 }]);
  });

  it('stays at the floor with the parameters that a testnet starts with', () => {
    const chain = new EconomyChain();
    for (let i = 0; i < 3; i++)
      assert.deepEqual(changes(chain.send(alice, ECONOMY.operations.Transfer, transfer).block), []);
  });
});
