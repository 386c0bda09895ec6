import assert from 'node:assert/strict';
import {
  blockIntervals,
  blockRate,
  ceilingPerSecond,
  cpuPerThousand,
  median,
  ratio,
  type SeenBlock,
  significant,
} from '../../../scripts/bench/arithmetic.ts';
import { quantile } from '../../../testnet/load/tracker.ts';

function block(height: number, arrivedMs: number, transactions: number, perTransaction = 1): SeenBlock {
  return {
    height,
    timeMs: 1_700_000_000_000 + arrivedMs,
    arrivedMs,
    transactions,
    operations: transactions * perTransaction,
  };
}

describe('arithmetic of the benchmark', () => {
  it('counts what came after the first block, over the time since it', () => {
    const rate = blockRate([block(1, 1_000, 900), block(2, 2_000, 100, 10), block(3, 5_000, 300, 10)]);
    assert.deepEqual(rate, { transactionsPerSecond: 100, operationsPerSecond: 1_000 });
  });

  it('gives the same rate wherever between two blocks the window begins and ends', () => {
    const steady = Array.from({ length: 40 }, (_, index) => block(index, 1_000 * index, 250));
    for (const from of [0, 1, 7]) assert.equal(blockRate(steady.slice(from, 35)).transactionsPerSecond, 250);
  });

  it('has no rate for fewer than two blocks, and none for blocks that arrived at once', () => {
    const none = { transactionsPerSecond: 0, operationsPerSecond: 0 };
    assert.deepEqual(blockRate([]), none);
    assert.deepEqual(blockRate([block(1, 0, 100)]), none);
    assert.deepEqual(blockRate([block(1, 500, 100), block(2, 500, 100)]), none);
  });

  it('measures the time between blocks by their headers', () => {
    const blocks = [block(1, 0, 0), block(2, 1_000, 0), block(3, 4_000, 0)];
    assert.deepEqual(blockIntervals(blocks), { meanMs: 2_000, maxMs: 3_000 });
    assert.deepEqual(blockIntervals(blocks.slice(0, 1)), { meanMs: 0, maxMs: 0 });
  });

  it('takes the nearest rank as a percentile, and the middle as the median', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    assert.equal(quantile(hundred, 0.5), 50);
    assert.equal(quantile(hundred, 0.99), 99);
    assert.equal(quantile(hundred, 1), 100);
    assert.equal(quantile([], 0.5), 0);
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([9, 1, 5, 7]), 5);
    assert.equal(median([]), 0);
  });

  it('divides the signature checks of the machine by the validators that each make them all', () => {
    assert.equal(ceilingPerSecond(12_600, 21), 600);
    assert.equal(ratio(300, ceilingPerSecond(12_600, 21)), 0.5);
    assert.equal(ratio(1, 0), 0);
  });

  it('counts CPU-seconds for a thousand operations', () => {
    assert.equal(cpuPerThousand(60, 30_000), 2);
    assert.equal(cpuPerThousand(60, 0), 0);
  });

  it('keeps the digits that mean something', () => {
    assert.equal(significant(1_234.5), 1_230);
    assert.equal(significant(0.012_345), 0.0123);
    assert.equal(significant(0), 0);
  });
});
