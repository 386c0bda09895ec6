import assert from 'node:assert/strict';
import { pools } from '../../../../testnet/load/pools.ts';
import { executePlan } from '../../../support/executed-plan.ts';

describe('the load of mining pools', () => {
  it('ends every transaction as planned, joining and leaving with successes and failures', async () => {
    const outcomes = await executePlan('load', { ledger: 'economy', create: pools }, 4, 60);
    for (const { planned, status } of outcomes)
      assert.equal(status, planned.expected, `${planned.operation} at ${planned.atMs} ms`);
    const seen = new Set(outcomes.map(({ planned, status }) => `${planned.operation} ${status}`));
    for (const outcome of ['PoolJoin OK', 'PoolJoin POOL_UNKNOWN', 'PoolLeave OK', 'PoolLeave NOT_IN_POOL'])
      assert.ok(seen.has(outcome), outcome);
  });
});
