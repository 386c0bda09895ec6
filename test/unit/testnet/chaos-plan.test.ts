import assert from 'node:assert/strict';
import fc from 'fast-check';
import { faultTolerance, quorum } from '../../../src/types/quorum.ts';
import { CHAOS_PACES, type ChaosStep, chaosSteps } from '../../../testnet/chaos-plan.ts';
import { FAULTS, type FaultKind } from '../../../testnet/manifest.ts';

const names = (count: number) => Array.from({ length: count }, (_, index) => `v${index + 1}`);

function take(
  seed: number,
  validators: number,
  count: number,
  kinds: readonly FaultKind[] = FAULTS,
): ChaosStep[] {
  const steps: ChaosStep[] = [];
  for (const step of chaosSteps(seed, names(validators), kinds, CHAOS_PACES.steady)) {
    steps.push(step);
    if (steps.length === count) break;
  }
  return steps;
}

describe('the plan of a chaos run', () => {
  it('is decided by its seed', () => {
    assert.deepEqual(take(7, 4, 30), take(7, 4, 30));
    assert.notDeepEqual(take(7, 4, 30), take(8, 4, 30));
  });

  it('hits different nodes, at most f at once or so many that no quorum is left, and says which', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 30 }), (seed, n) => {
        for (const { fault, stopsChain } of take(seed, n, 30)) {
          assert.equal(new Set(fault.nodes).size, fault.nodes.length);
          assert.ok(fault.nodes.length >= 1 && fault.nodes.every((name) => names(n).includes(name)));
          if (stopsChain) assert.ok(n - fault.nodes.length < quorum(n));
          else assert.ok(fault.nodes.length <= faultTolerance(n));
        }
      }),
    );
  });

  it('has every fault once before any comes again, then one that stops the chain', () => {
    const turn = FAULTS.length + 1;
    for (const first of [0, turn, 2 * turn]) {
      const steps = take(3, 7, 3 * turn).slice(first, first + turn);
      assert.deepEqual(new Set(steps.slice(0, -1).map(({ fault }) => fault.kind)), new Set(FAULTS));
      assert.deepEqual(
        steps.map(({ stopsChain }) => stopsChain),
        [...FAULTS.map(() => false), true],
      );
    }
  });

  it('never stops the chain by a fault that leaves the nodes at work', () => {
    assert.ok(take(1, 4, 20, ['slow-disk']).every(({ stopsChain }) => !stopsChain));
  });
});
