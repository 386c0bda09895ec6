import assert from 'node:assert/strict';
import fc from 'fast-check';
import { jobFee, splitJobFee } from '../../../../../src/ledger/economy/rewards/fee-split.ts';

describe('The split of the job fee', () => {
  it('gives .2, .3, .2 and .3 percent of the job value', () => {
    assert.deepEqual(splitJobFee(1_000_000n), {
      minerLocked: 2_000n,
      minerSpendable: 3_000n,
      owner: 2_000n,
      treasury: 3_000n,
    });
  });

  it('conserves the fee for 100 000 random values', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 100n }), (value) => {
        const { minerLocked, minerSpendable, owner, treasury } = splitJobFee(value);
        assert.equal(minerLocked + minerSpendable + owner + treasury, value / 100n);
        assert.equal(jobFee(value), value / 100n);
        assert.ok(treasury >= (value * 3_000n) / 1_000_000n);
      }),
      { numRuns: 100_000 },
    );
  });

  it('refuses a negative value', () => {
    assert.throws(() => splitJobFee(-1n), RangeError);
  });
});
