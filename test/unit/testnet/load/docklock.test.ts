import assert from 'node:assert/strict';
import { DOCKLOCK } from '../../../../src/types/operations/docklock.ts';
import { docklockScenarios } from '../../../../testnet/load/docklock.ts';
import { assertAsPlanned, executePlan } from '../../../support/executed-plan.ts';

const RATE = 8;
/** Longer than a lease, so that the nodes live by their heartbeats. */
const SECONDS = 90;

describe('the load of the docklock ledger', () => {
  it('ends every transaction as planned, every operation with successes and failures', async () => {
    const outcomes = await executePlan('load', docklockScenarios, RATE, SECONDS);
    assertAsPlanned(outcomes, [...Object.keys(DOCKLOCK.operations), 'NodeJoin', 'Heartbeat']);
    const statuses = new Set(outcomes.map(({ status }) => status));
    for (const status of ['SEQUENCE_GAP', 'CHAIN_BROKEN', 'STEP_SIGNATURE_WRONG', 'IMPLAUSIBLE_CPU'])
      assert.ok(statuses.has(status), status);
  });

  it('goes on reporting after the leases with which its nodes joined have ended', async () => {
    const outcomes = await executePlan('leases', docklockScenarios, RATE, SECONDS);
    const late = outcomes.filter(
      ({ planned, status }) => planned.operation === 'StepBatch' && status === 'OK' && planned.atMs > 75_000,
    );
    assert.ok(late.length > 10, `${late.length} reports`);
  });
});
