import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Pacer } from '../../../scripts/bench/pacer.ts';

const options = { startRate: 100, maxRate: 1_000, targetMs: 1_000 };

describe('pacer of the benchmark', () => {
  it('raises the rate while transactions are final in time, up to what was prepared', () => {
    const pacer = new Pacer(options);
    pacer.adjust({ recentMs: 400, oldestOpenMs: 900 });
    assert.ok(pacer.rate > 100);
    for (let step = 0; step < 1_000; step++) pacer.adjust({ recentMs: 400, oldestOpenMs: 900 });
    assert.equal(pacer.rate, 1_000);
  });

  it('lowers the rate where the last blocks were late, and where one transaction waits for long', () => {
    for (const lag of [
      { recentMs: 1_001, oldestOpenMs: 0 },
      { recentMs: 0, oldestOpenMs: 2_001 },
    ]) {
      const pacer = new Pacer(options);
      pacer.adjust(lag);
      assert.ok(pacer.rate < 100);
    }
  });

  it('raises it faster until something is late', () => {
    const pacer = new Pacer(options);
    const raise = (): number => {
      const before = pacer.rate;
      pacer.adjust({ recentMs: 400, oldestOpenMs: 900 });
      return pacer.rate / before;
    };
    const first = raise();
    pacer.adjust({ recentMs: 1_001, oldestOpenMs: 0 });
    assert.ok(raise() < first);
  });

  it('goes on at a fifth of its start where nothing is ever in time', () => {
    const pacer = new Pacer(options);
    for (let step = 0; step < 1_000; step++) pacer.adjust({ recentMs: 9_000, oldestOpenMs: 9_000 });
    assert.equal(pacer.rate, 20);
  });

  it('finds the rate of a chain whose latency grows with its load and shows only several steps later', () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 900 }), fc.integer({ min: 1, max: 6 }), (capacity, delay) => {
        const pacer = new Pacer(options);
        const rates: number[] = [];
        for (let step = 0; step < 600; step++) {
          const felt = rates.at(-delay) ?? 0;
          pacer.adjust({ recentMs: (options.targetMs * felt) / capacity, oldestOpenMs: 0 });
          rates.push(pacer.rate);
        }
        for (const rate of rates.slice(300))
          assert.ok(Math.abs(rate - capacity) < 0.1 * capacity, `${rate} of ${capacity}`);
      }),
    );
  });
});
