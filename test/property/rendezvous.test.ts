import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type Contender,
  drawOf,
  log2Fixed,
  negativeLog2,
  rankByRendezvous,
  winnerByRendezvous,
} from '../../src/crypto/weighted-rendezvous.ts';
import { utf8 } from '../../src/util/bytes.ts';

const draw = (id: string, key: number) => drawOf('placement', utf8(`${id} ${key}`));
const contenders = (weights: Readonly<Record<string, number>>, key: number): Contender[] =>
  Object.entries(weights).map(([id, weight]) => ({ id, weight: BigInt(weight), draw: draw(id, key) }));
const winner = (weights: Readonly<Record<string, number>>, key: number): string =>
  rankByRendezvous(contenders(weights, key))[0]?.id as string;
const draws = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

describe('The logarithm in integers', () => {
  it('equals values that were computed with 60 decimal digits', () => {
    const golden: readonly (readonly [bigint, bigint])[] = [
      [1n, 0n],
      [2n, 18446744073709551616n],
      [3n, 29237397617229858719n],
      [12345678901234567890n, 1169904314642270289522n],
      [9223372036854775808n, 1162144876643701751808n],
      [18446744073709551615n, 1180591620717411303422n],
      [18446744073709551616n, 1180591620717411303424n],
    ];
    for (const [x, expected] of golden) assert.equal(log2Fixed(x), expected, String(x));
  });

  it('is zero for the greatest draw and 64 for the smallest, and never rises with the draw', () => {
    assert.equal(negativeLog2(2n ** 64n - 1n), 0n);
    assert.equal(negativeLog2(0n), 64n << 64n);
    fc.assert(
      fc.property(draws, draws, (one, other) => {
        const [small, large] = one < other ? [one, other] : [other, one];
        assert.ok(negativeLog2(small) >= negativeLog2(large));
      }),
    );
  });

  it('keeps neighbouring draws apart, so that of equal weights the greatest draw wins alone', () => {
    const belowTop = fc.bigInt({ min: 0n, max: 2n ** 64n - 2n });
    const nearPowers = fc
      .tuple(fc.integer({ min: 1, max: 63 }), fc.bigInt({ min: -3n, max: 3n }))
      .map(([exponent, offset]) => 2n ** BigInt(exponent) + offset)
      .filter((draw) => draw >= 0n);
    fc.assert(
      fc.property(fc.oneof(belowTop, nearPowers), (draw) => {
        assert.ok(negativeLog2(draw) > negativeLog2(draw + 1n));
      }),
      { numRuns: 1_000, examples: [[2n ** 64n - 2n], [0n]] },
    );
  });

  it('refuses what is no draw', () => {
    assert.throws(() => negativeLog2(-1n), RangeError);
    assert.throws(() => negativeLog2(2n ** 64n), RangeError);
    assert.throws(() => log2Fixed(0n), RangeError);
  });
});

describe('Weighted rendezvous', () => {
  it('gives each contender its share of the keys', () => {
    const weights = { a: 1, b: 2, c: 5 };
    const won: Record<string, number> = { a: 0, b: 0, c: 0 };
    const keys = 4_000;
    for (let key = 0; key < keys; key++) won[winner(weights, key)] = (won[winner(weights, key)] ?? 0) + 1;
    for (const [id, weight] of Object.entries(weights)) {
      const expected = (keys * weight) / 8;
      assert.ok(Math.abs((won[id] as number) - expected) < 5 * Math.sqrt(expected), `${id} won ${won[id]}`);
    }
  });

  it('moves no key of those who stay when one leaves, and none away from others when one comes', () => {
    const weights = { a: 1, b: 2, c: 5, d: 3 };
    const { d: _gone, ...rest } = weights;
    for (let key = 0; key < 500; key++) {
      const before = winner(weights, key);
      const after = winner(rest, key);
      if (before !== 'd') assert.equal(after, before);
    }
  });

  it('moves keys only towards a contender that gained weight', () => {
    for (let key = 0; key < 500; key++) {
      const before = winner({ a: 2, b: 2, c: 2 }, key);
      const after = winner({ a: 2, b: 3, c: 2 }, key);
      if (after !== before) assert.equal(after, 'b');
    }
  });

  it('breaks ties by id and does not depend on the order given', () => {
    const same = ['c', 'a', 'b'].map((id) => ({ id, weight: 7n, draw: 99n }));
    assert.deepEqual(
      rankByRendezvous(same).map(({ id }) => id),
      ['a', 'b', 'c'],
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.record({
            id: fc.string({ minLength: 1, maxLength: 4 }),
            weight: fc.bigInt({ min: 1n, max: 9n }),
            draw: fc.oneof(draws, fc.bigInt({ min: 2n ** 64n - 4n, max: 2n ** 64n - 1n })),
          }),
          {
            selector: ({ id }) => id,
            maxLength: 10,
          },
        ),
        (list) => {
          const ranked = rankByRendezvous(list);
          for (const [i, one] of ranked.entries()) {
            const next = ranked[i + 1];
            if (next === undefined) continue;
            const [cost, nextCost] = [
              negativeLog2(one.draw) * next.weight,
              negativeLog2(next.draw) * one.weight,
            ];
            assert.ok(cost < nextCost || (cost === nextCost && one.id < next.id), `${one.id} ${next.id}`);
          }
          assert.deepEqual(rankByRendezvous(list.toReversed()), ranked);
          assert.equal(winnerByRendezvous(list), rankByRendezvous(list)[0]);
        },
      ),
    );
  });

  it('refuses a contender without weight', () => {
    assert.throws(() => rankByRendezvous([{ id: 'a', weight: 0n, draw: 1n }]), RangeError);
  });
});
