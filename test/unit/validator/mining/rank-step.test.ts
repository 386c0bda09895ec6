import assert from 'node:assert/strict';
import { RankStep } from '../../../../src/validator/mining/rank-step.ts';

describe('The step from one rank to the next', () => {
  it('is 75 ms on a quiet network, follows the delays that are seen, and is never above 150 ms', () => {
    const step = new RankStep();
    assert.equal(step.ms, 75);
    for (let i = 0; i < 20; i++) step.observe(100);
    assert.ok(step.ms > 90 && step.ms <= 100, String(step.ms));
    for (let i = 0; i < 20; i++) step.observe(60_000);
    assert.equal(step.ms, 150);
    for (let i = 0; i < 60; i++) step.observe(-5);
    assert.equal(step.ms, 75);
  });

  it('is not changed much by one late section', () => {
    const step = new RankStep();
    step.observe(200);
    assert.equal(step.ms, 75);
  });
});
