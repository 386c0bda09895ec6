import assert from 'node:assert/strict';
import fc from 'fast-check';
import { dividePool, rankPpm } from '../../../../../src/ledger/economy/rewards/section-pool.ts';
import { PROPOSER_RANK } from '../../../../../src/types/section.ts';

const pools = fc.bigInt(0n, 10n ** 24n);
const ranks = fc.integer({ min: 0, max: PROPOSER_RANK });
const phi = fc.bigInt(0n, 10n ** 18n);
const phis = fc.array(phi, { maxLength: 40 });
const signers = fc.integer({ min: 0, max: 128 });
const sum = (parts: readonly bigint[]) => parts.reduce((total, part) => total + part, 0n);

describe('The pool of a section', () => {
  it('gives 60 % to the miner, 20 % to providers, 10 % to the proposer and 10 % to the signers', () => {
    const parts = dividePool(1_000_000n, { rank: 0, phis: [3n, 1n], signers: 10 });
    assert.deepEqual(parts, {
      miner: 600_000n,
      proposer: 100_000n,
      providers: [150_000n, 50_000n],
      signer: 10_000n,
      treasury: 0n,
    });
  });

  it('gives miner and proposer 100, 60, 40 and 25 % of their share by rank, and nothing at the rank of a proposer', () => {
    const percent = [0, 1, 2, 3, PROPOSER_RANK, 5, 255].map((rank) => rankPpm(rank) / 10_000n);
    assert.deepEqual(percent, [100n, 60n, 40n, 25n, 0n, 0n, 0n]);
    const { miner, proposer, treasury } = dividePool(1_000n, { rank: 3, phis: [1n], signers: 1 });
    assert.deepEqual([miner, proposer, treasury], [150n, 25n, 525n]);
  });

  it('gives the treasury what nobody earned', () => {
    const nobody = { miner: 0n, proposer: 0n, signer: 0n, treasury: 1_001n };
    assert.deepEqual(dividePool(1_001n, { rank: PROPOSER_RANK, phis: [], signers: 0 }), {
      ...nobody,
      providers: [],
    });
    assert.deepEqual(dividePool(1_001n, { rank: PROPOSER_RANK, phis: [0n], signers: 0 }), {
      ...nobody,
      providers: [0n],
    });
  });

  it('is conserved, and nobody gets more than its share, whatever is in it and whoever shares it', () => {
    fc.assert(
      fc.property(pools, ranks, phis, signers, (pool, rank, work, count) => {
        const { miner, proposer, providers, signer, treasury } = dividePool(pool, {
          rank,
          phis: work,
          signers: count,
        });
        assert.equal(miner + proposer + sum(providers) + signer * BigInt(count) + treasury, pool);
        assert.ok(10n * miner <= 6n * pool && 10n * proposer <= pool && treasury >= 0n);
        assert.ok(5n * sum(providers) <= pool && 10n * signer * BigInt(count) <= pool);
        for (const [i, part] of providers.entries()) {
          assert.ok(part >= 0n);
          assert.ok(5n * part * sum(work) <= pool * (work[i] as bigint));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('never gives providers more for work that is split among several of them', () => {
    const pieces = fc.array(phi, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(pools, pieces, phis, fc.bigInt(0n, 5n), (pool, split, others, lost) => {
        // Each piece is rounded down, so together they may be a little less than the whole.
        const whole = sum(split) + lost;
        const [alone = 0n] = dividePool(pool, { rank: 0, phis: [whole, ...others], signers: 1 }).providers;
        const parts = dividePool(pool, { rank: 0, phis: [...split, ...others], signers: 1 }).providers;
        assert.ok(sum(parts.slice(0, split.length)) <= alone);
      }),
      { numRuns: 2_000 },
    );
  });

  it('never gives a proposer more for a section of its own than for one that an elected miner sent', () => {
    const elected = fc.integer({ min: 0, max: PROPOSER_RANK - 1 });
    fc.assert(
      fc.property(pools, phis, signers, elected, (pool, work, count, rank) => {
        const own = dividePool(pool, { rank: PROPOSER_RANK, phis: work, signers: count });
        const other = dividePool(pool, { rank, phis: work, signers: count });
        assert.equal(own.miner + own.proposer, 0n);
        assert.ok(other.proposer >= own.miner + own.proposer);
        assert.deepEqual([own.providers, own.signer], [other.providers, other.signer]);
      }),
    );
  });
});
