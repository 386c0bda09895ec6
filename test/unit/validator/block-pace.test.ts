import assert from 'node:assert/strict';
import { BlockPace } from '../../../src/validator/block-pace.ts';

const TARGET_MS = 1_000;
const MIN_MS = 200;

/** The interval after so many blocks whose votes took that long, with so many kilobytes of transactions a second. */
function paceAfter(votingMs: readonly number[], kilobytes = 0): number {
  const pace = new BlockPace({ targetMs: TARGET_MS, minMs: MIN_MS });
  for (const ms of votingMs) pace.observe({ votingMs: ms, intervalMs: 500, bytes: 500 * kilobytes });
  return pace.intervalMs;
}

const blocks = (count: number, ms: number) => Array<number>(count).fill(ms);

describe('The pace of blocks', () => {
  it('is what genesis asks for at first, and while votes leave time for transactions', () => {
    assert.equal(paceAfter([]), TARGET_MS);
    assert.equal(paceAfter([900, 900]), TARGET_MS);
    assert.equal(paceAfter([400, 450, 500, 600]), TARGET_MS);
  });

  it('is never slower, however long votes take: transactions would wait for blocks and for votes', () => {
    for (const ms of [800, 1_500, 60_000]) assert.equal(paceAfter(blocks(8, ms), 500), TARGET_MS);
  });

  it('is quicker under load where votes take little time, but never quicker than the chain allows', () => {
    assert.equal(paceAfter(blocks(4, 100), 3), TARGET_MS);
    const quick = paceAfter(blocks(4, 200), 500);
    assert.ok(quick < TARGET_MS && quick > MIN_MS);
    assert.ok(paceAfter(blocks(4, 300), 500) > quick);
    assert.equal(paceAfter(blocks(4, 20), 500), MIN_MS);
    assert.equal(paceAfter(blocks(4, 600), 500), TARGET_MS);
  });

  it('takes nothing from a pause for load', () => {
    const pace = new BlockPace({ targetMs: TARGET_MS, minMs: MIN_MS });
    for (const bytes of [30_000, 30_000, 30_000]) pace.observe({ votingMs: 50, intervalMs: 10_000, bytes });
    assert.equal(pace.intervalMs, TARGET_MS);
  });

  it('does not follow single slow blocks, and is the old one again some blocks after the votes are quick', () => {
    assert.equal(paceAfter([400, 9_000, 400, 400]), TARGET_MS);
    assert.equal(paceAfter([...blocks(20, 1_500), ...blocks(8, 300)]), TARGET_MS);
  });
});
