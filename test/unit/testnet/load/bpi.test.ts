import assert from 'node:assert/strict';
import { BPI } from '../../../../src/types/operations/bpi.ts';
import { bpiScenarios } from '../../../../testnet/load/bpi.ts';
import { assertAsPlanned, executePlan } from '../../../support/executed-plan.ts';

const RATE = 20;
const SECONDS = 40;

describe('the load of the bpi ledger', () => {
  it('ends every transaction as planned, every operation with successes and failures', async () => {
    const outcomes = await executePlan('load', bpiScenarios, RATE, SECONDS);
    assertAsPlanned(outcomes, Object.keys(BPI.operations));
    const statuses = new Set(outcomes.map(({ status }) => status));
    for (const status of ['DENIED', 'YAML_TOO_DEEP', 'YAML_ALIAS', 'AUDITORS_TOO_FEW'])
      assert.ok(statuses.has(status), status);
  });
});
