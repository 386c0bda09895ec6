import assert from 'node:assert/strict';
import { CLUSTER } from '../../../../src/types/operations/cluster.ts';
import { clusterScenarios } from '../../../../testnet/load/cluster.ts';
import { assertAsPlanned, executePlan } from '../../../support/executed-plan.ts';

const RATE = 8;
/** Longer than a lease, so that the nodes live by their heartbeats. */
const SECONDS = 100;

describe('the load of the cluster ledger', () => {
  it('ends every transaction as planned, every operation with successes and failures', async () => {
    const outcomes = await executePlan('load', clusterScenarios, RATE, SECONDS);
    assertAsPlanned(outcomes, Object.keys(CLUSTER.operations));
    const lateRefutes = outcomes.filter(
      ({ planned, status }) => planned.operation === 'Refute' && status === 'OK' && planned.atMs > 70_000,
    );
    assert.ok(lateRefutes.length > 0, 'nodes are suspected and refute to the end');
  });
});
