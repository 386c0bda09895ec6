import assert from 'node:assert/strict';
import fc from 'fast-check';
import { coins, decimal, duration, formatCoins, listOf, token } from '../../../src/cli/parse.ts';

describe('values of command line options', () => {
  it('reads coins with up to six decimals as micro-units', () => {
    assert.equal(coins('12'), 12_000_000n);
    assert.equal(coins('0.5'), 500_000n);
    assert.equal(coins('1.000001'), 1_000_001n);
    for (const bad of ['', '-1', '1.', '.5', '1e3', '1.0000001', '1,5', ' 1', '0x1'])
      assert.throws(() => coins(bad), bad);
  });

  it('writes micro-units so that reading them gives the same amount', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 28n }), (micro) => {
        assert.equal(coins(formatCoins(micro)), micro);
      }),
    );
  });

  it('reads durations with a unit, and a bare number as seconds', () => {
    assert.equal(duration('500ms'), 500);
    assert.equal(duration('1s'), 1_000);
    assert.equal(duration('2.5s'), 2_500);
    assert.equal(duration('10m'), 600_000);
    assert.equal(duration('3'), 3_000);
    for (const bad of ['', 's', '-1s', '1 s', '1d']) assert.throws(() => duration(bad), bad);
  });

  it('collects a repeated option, and takes a list with commas as its environment variable has it', () => {
    assert.deepEqual(listOf('b,c', listOf('a', undefined)), ['a', 'b', 'c']);
  });

  it('refuses numbers that are not whole and tokens that do not exist', () => {
    assert.equal(decimal('21'), 21);
    assert.throws(() => decimal('2.1'));
    assert.throws(() => decimal('-1'));
    assert.equal(token('flx'), 'FLX');
    assert.throws(() => token('BTC'));
  });
});
