import assert from 'node:assert/strict';
import { BlockBudget } from '../../../src/validator/block-budget.ts';

describe('The budget of a proposal', () => {
  it('shrinks while full blocks take as long as a round, but never below what any machine can do', () => {
    const budget = new BlockBudget(1_500);
    for (let i = 0; i < 5; i++)
      budget.observe({ transactions: budget.transactions, round: 0, elapsedMs: 100 });
    const before = budget.transactions;
    budget.observe({ transactions: before, round: 0, elapsedMs: 3_000 });
    assert.ok(budget.transactions < before);
    for (let i = 0; i < 50; i++)
      budget.observe({ transactions: budget.transactions, round: 0, elapsedMs: 3_000 });
    assert.ok(budget.transactions > 16);
  });

  it('grows while full blocks are quick, and is left alone by small ones', () => {
    const budget = new BlockBudget(1_500);
    const before = budget.transactions;
    budget.observe({ transactions: 1, round: 0, elapsedMs: 100 });
    assert.equal(budget.transactions, before);
    budget.observe({ transactions: before, round: 0, elapsedMs: 100 });
    assert.ok(budget.transactions > before);
  });

  it('is left alone by full blocks that are slow for reasons of their own but leave the round some time', () => {
    const budget = new BlockBudget(1_500);
    const before = budget.transactions;
    for (let i = 0; i < 20; i++) budget.observe({ transactions: before, round: 0, elapsedMs: 1_150 });
    assert.equal(budget.transactions, before);
  });

  it('shrinks where the first round did not decide, however quick the one that did', () => {
    const budget = new BlockBudget(1_500);
    const before = budget.transactions;
    budget.observe({ transactions: before, round: 1, elapsedMs: 100 });
    assert.ok(budget.transactions < before);
  });

  it('learns nothing from nearly empty slow blocks, nor from blocks that were synced', () => {
    const budget = new BlockBudget(1_500);
    const before = budget.transactions;
    budget.observe({ transactions: 2, round: 0, elapsedMs: 9_000 });
    budget.observe({ transactions: before, round: 0, elapsedMs: 3_600_000 });
    assert.equal(budget.transactions, before);
  });
});
