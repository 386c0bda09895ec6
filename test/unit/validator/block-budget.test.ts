import assert from 'node:assert/strict';
import { BlockBudget } from '../../../src/validator/block-budget.ts';

describe('The budget of a proposal', () => {
  it('shrinks while full blocks take as long as a round, but never below what any machine can do', () => {
    const budget = new BlockBudget(1_500);
    for (let i = 0; i < 5; i++) budget.observe(budget.transactions, 100);
    const before = budget.transactions;
    budget.observe(before, 3_000);
    assert.ok(budget.transactions < before);
    for (let i = 0; i < 50; i++) budget.observe(budget.transactions, 3_000);
    assert.ok(budget.transactions > 100);
  });

  it('grows while full blocks are quick, and is left alone by small ones', () => {
    const budget = new BlockBudget(1_500);
    const before = budget.transactions;
    budget.observe(1, 100);
    assert.equal(budget.transactions, before);
    budget.observe(before, 100);
    assert.ok(budget.transactions > before);
  });

  it('is left alone by full blocks that are slow for reasons of their own but leave the round some time', () => {
    const budget = new BlockBudget(1_500);
    const before = budget.transactions;
    for (let i = 0; i < 20; i++) budget.observe(before, 1_150);
    assert.equal(budget.transactions, before);
  });

  it('learns nothing from nearly empty slow blocks, nor from blocks that were synced', () => {
    const budget = new BlockBudget(1_500);
    const before = budget.transactions;
    budget.observe(2, 9_000);
    budget.observe(before, 3_600_000);
    assert.equal(budget.transactions, before);
  });
});
