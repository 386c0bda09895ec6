import assert from 'node:assert/strict';
import fc from 'fast-check';
import { apportion } from '../../../../../src/ledger/economy/policy/apportion.ts';
import { flxMint, flxShortage, meanOfFees } from '../../../../../src/ledger/economy/policy/flx-supply.ts';
import { nexEpochCap, nexMint } from '../../../../../src/ledger/economy/policy/nex-mint.ts';
import { workOf } from '../../../../../src/ledger/economy/policy/work.ts';
import { DEFAULT_PARAMETERS } from '../../../../../src/types/genesis.ts';
import { MICRO } from '../../../../../src/types/names.ts';
import { hashNumber } from '../../../../support/blocks.ts';
import { jobOf } from '../../../../support/epoch-world.ts';

const RULES = DEFAULT_PARAMETERS;
const PLENTY = 10n ** 20n;

describe('The NEX of an epoch', () => {
  it('is Γ of the cap, of the golden vectors too', () => {
    assert.equal(nexMint(RULES, 0, 925_000n, PLENTY), 480_519_000n);
    assert.equal(nexMint(RULES, 0, 3_565_000n, PLENTY), 780_941_000n);
  });

  it('is nothing below the threshold of a tenth of normal load', () => {
    assert.equal(nexMint(RULES, 0, 99_999n, PLENTY), 0n);
    assert.equal(nexMint(RULES, 0, 100_000n, PLENTY), 90_909_000n);
  });

  it('halves every 365 epochs', () => {
    assert.equal(nexMint(RULES, 364, 925_000n, PLENTY), 480_519_000n);
    assert.equal(nexMint(RULES, 365, 925_000n, PLENTY), 240_259_500n);
    assert.equal(nexEpochCap(RULES, 365 * 40), 0n);
  });

  it('never exceeds the cap nor κ of the work, whatever the load', () => {
    const any = fc.bigInt(0n, 10n ** 24n);
    const epoch = fc.integer({ min: 0, max: 20_000 });
    const kappa = fc.integer({ min: 0, max: 1_000_000 });
    fc.assert(
      fc.property(any, any, epoch, kappa, (phi, work, index, nexMintKappaPpm) => {
        const minted = nexMint({ ...RULES, nexMintKappaPpm }, index, phi, work);
        assert.ok(minted >= 0n && minted <= nexEpochCap(RULES, index));
        assert.ok(minted * MICRO <= work * BigInt(nexMintKappaPpm));
      }),
    );
  });

  it('comes to less than 730 000 NEX over all time', () => {
    let all = 0n;
    for (let epoch = 0; nexEpochCap(RULES, epoch) > 0n; epoch++) all += nexEpochCap(RULES, epoch);
    assert.ok(all < 730_000n * MICRO);
    assert.ok(all > 729_000n * MICRO);
  });
});

describe('The credited work of a job', () => {
  const work = (value: bigint, token: 'FLX' | 'NEX' = 'FLX', usdPriceFlx = 2n, usdPriceNex = 2n) =>
    workOf(jobOf(hashNumber(2), hashNumber(3), value, { token }), { usdPriceFlx, usdPriceNex });

  it('is what the treasury gets of its fee, in NEX at the reference price', () => {
    assert.equal(work(1_000_000n), 3_000n);
    assert.equal(work(1_000_000n, 'FLX', 3n, 5n), 1_800n);
    assert.equal(work(1_000_000n, 'NEX', 3n, 5n), 3_000n);
    assert.equal(work(1_000_000n, 'FLX', 3n, 0n), 0n);
    assert.equal(work(99n), 0n);
  });

  it('never exceeds the fee', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 20n), (value) => {
        assert.ok(work(value) <= value / 100n);
      }),
    );
  });
});

describe('Dividing by largest remainders', () => {
  const parts = (sum: bigint, ...weights: bigint[]) =>
    apportion(
      sum,
      weights.map((weight, index) => ({ id: hashNumber(index), weight })),
    );

  it('gives what rounding leaves to the largest remainders, ties by id', () => {
    assert.deepEqual(parts(10n, 1n, 1n, 1n), [4n, 3n, 3n]);
    assert.deepEqual(parts(11n, 1n, 1n, 1n), [4n, 4n, 3n]);
    assert.deepEqual(parts(10n, 15n, 15n, 1n), [5n, 5n, 0n]);
    assert.deepEqual(parts(7n, 20n, 33n, 47n), [2n, 2n, 3n]);
  });

  it('does not depend on the order of the claims', () => {
    const claims = [5n, 5n, 3n, 9n].map((weight, index) => ({ id: hashNumber(9 - index), weight }));
    const forward = new Map(apportion(101n, claims).map((part, i) => [claims[i]?.id, part]));
    const reversed = [...claims].reverse();
    for (const [index, part] of apportion(101n, reversed).entries())
      assert.equal(part, forward.get(reversed[index]?.id));
  });

  it('adds up, and no part is a whole unit away from its quota', () => {
    const sum = fc.bigInt(0n, 10n ** 15n);
    const weights = fc.array(fc.bigInt(0n, 10n ** 15n), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(sum, weights, (total, list) => {
        const all = list.reduce((a, b) => a + b, 0n);
        fc.pre(all > 0n);
        const given = parts(total, ...list);
        assert.equal(
          given.reduce((a, b) => a + b, 0n),
          total,
        );
        for (const [index, part] of given.entries()) {
          const difference = part * all - total * (list[index] as bigint);
          assert.ok(difference > -all && difference < all);
        }
      }),
    );
  });

  it('refuses where nobody has a claim', () => {
    assert.throws(() => parts(1n), RangeError);
    assert.throws(() => parts(1n, 0n), RangeError);
  });
});

describe('The supply of FLX', () => {
  const demand = { meanFees: 40_000n, excessGas: 30_000n, gasPrice: 2n, reserve: 0n };

  it('grows by a twentieth of what is in demand and not in the reserve', () => {
    assert.equal(flxShortage(demand), 100_000n);
    assert.equal(flxMint(RULES, flxShortage(demand)), 5_000n);
    assert.equal(flxMint(RULES, flxShortage({ ...demand, reserve: 60_000n })), 2_000n);
  });

  it('does not grow where the reserve holds enough', () => {
    assert.equal(flxMint(RULES, flxShortage({ ...demand, reserve: 100_000n })), 0n);
    assert.equal(flxMint(RULES, flxShortage({ ...demand, reserve: 10n ** 12n })), 0n);
  });

  it('never grows by more than the cap of an epoch', () => {
    assert.equal(flxMint(RULES, 10n ** 20n), 5_000n * MICRO);
  });

  it('takes the mean of fees over epochs, each half as much as the next', () => {
    assert.equal([8_000n, 0n, 4_000n].reduce(meanOfFees, 0n), 3_000n);
  });
});
