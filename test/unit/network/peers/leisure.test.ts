import assert from 'node:assert/strict';
import { Leisure } from '../../../../src/network/peers/leisure.ts';

describe('Leisure', () => {
  let nowMs = 0;
  let height = 7;
  let claimed = 0;
  let busyShare = 0;
  const clock = { wallMs: () => nowMs, monotonicMs: () => nowMs };
  const start = () =>
    new Leisure({ height: () => height, claimed: () => claimed, busyShare: () => busyShare, clock });
  const at = (ms: number, leisure: Leisure) => {
    nowMs = ms;
    return leisure.grant();
  };

  it('comes with the first block after the start, and lasts as long as blocks come', () => {
    nowMs = 0;
    const leisure = start();
    assert.deepEqual([at(0, leisure), at(10_000, leisure)], [false, false]);
    height++;
    assert.deepEqual([at(10_001, leisure), at(10_002, leisure), at(25_000, leisure)], [true, true, true]);
    height++;
    assert.equal(at(39_000, leisure), true);
  });

  it('is scarce while the event loop is busy', () => {
    nowMs = 0;
    const leisure = start();
    height++;
    busyShare = 0.9;
    const granted = Array.from({ length: 15 }, (_, second) => second * 1000).filter((ms) => at(ms, leisure));
    assert.deepEqual(granted, [0, 6000, 12_000]);
    busyShare = 0.2;
    assert.deepEqual([at(12_001, leisure), at(12_002, leisure)], [true, true]);
  });

  it('comes now and then only while others are ahead, whether it is true or not', () => {
    nowMs = 0;
    claimed = height + 20;
    const leisure = start();
    const granted = Array.from({ length: 12 }, (_, second) => second).filter((second) => {
      height++;
      return at(50_000 + second * 1000, leisure);
    });
    assert.deepEqual(granted, [0, 3, 6, 9]);
    claimed = height;
    assert.deepEqual([at(62_001, leisure), at(62_002, leisure)], [true, true]);
  });

  it('comes now and then where the chain does not move', () => {
    nowMs = 100_000;
    const leisure = start();
    const granted = Array.from({ length: 25 }, (_, second) => second).filter((second) =>
      at(100_000 + second * 1000, leisure),
    );
    assert.deepEqual(granted, [15, 18, 21, 24]);
  });
});
