import assert from 'node:assert/strict';
import { faultTolerance, quorum, weakQuorum } from '../../../src/types/quorum.ts';

/** n, f, weak quorum, quorum = ceil(2n/3). */
const TABLE = [
  [1, 0, 1, 1],
  [2, 0, 1, 2],
  [3, 0, 1, 2],
  [4, 1, 2, 3],
  [5, 1, 2, 4],
  [6, 1, 2, 4],
  [7, 2, 3, 5],
  [9, 2, 3, 6],
  [10, 3, 4, 7],
  [20, 6, 7, 14],
  [21, 6, 7, 14],
  [22, 7, 8, 15],
] as const;

describe('quorum', () => {
  for (const [n, f, weak, strong] of TABLE)
    it(`A09 of ${n} validators is ${strong}, the weak quorum ${weak}, and ${f} may be Byzantine`, () => {
      assert.equal(faultTolerance(n), f);
      assert.equal(weakQuorum(n), weak);
      assert.equal(quorum(n), strong);
    });

  it('A09 is safe and live for n = 1..100: two quorums share an honest validator, and the honest ones form one', () => {
    for (let n = 1; n <= 100; n++) {
      const [q, f] = [quorum(n), faultTolerance(n)];
      assert.ok(2 * q - n >= f + 1, `n = ${n}: two quorums may share only Byzantine validators`);
      assert.ok(q <= n - f, `n = ${n}: ${f} silent validators stop the chain`);
      assert.ok(3 * f < n && 3 * (f + 1) >= n, `n = ${n}: f is the greatest below a third`);
      assert.ok(3 * q >= 2 * n && 3 * (q - 1) < 2 * n, `n = ${n}: quorum is ceil(2n/3)`);
      assert.equal(weakQuorum(n), f + 1);
    }
  });

  it('refuses sets that do not exist', () => {
    for (const n of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
      for (const rule of [quorum, weakQuorum, faultTolerance])
        assert.throws(() => rule(n), RangeError, String(n));
  });
});
