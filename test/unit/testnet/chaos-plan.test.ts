import assert from 'node:assert/strict';
import fc from 'fast-check';
import { faultTolerance, quorum } from '../../../src/types/quorum.ts';
import { errorCode } from '../../../src/util/errors.ts';
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
          if (stopsChain) {
            assert.ok(n - fault.nodes.length < quorum(n));
            if (fault.kind === 'partition') assert.ok(fault.nodes.length < quorum(n));
          } else assert.ok(fault.nodes.length <= faultTolerance(n));
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

  it('splits the validators so that neither side has a quorum, where that can be', () => {
    for (const [n, sides] of [
      [4, [2]],
      [7, [3, 4]],
    ] as const) {
      const splits = take(1, n, 60, ['partition']).filter(({ stopsChain }) => stopsChain);
      const sizes = new Set(splits.map(({ fault }) => fault.nodes.length));
      assert.deepEqual([...sizes].sort(), [...sides]);
    }
    // Of three validators two are a quorum: one side always has it.
    const [first] = take(1, 3, 1, ['partition', 'kill']);
    assert.equal(first?.fault.kind, 'kill');
    for (const { fault } of take(2, 3, 20, ['partition', 'kill'])) assert.equal(fault.kind, 'kill');
    assert.throws(
      () => take(1, 3, 1, ['partition']),
      (error) => errorCode(error) === 'FAULT_IMPOSSIBLE',
    );
  });

  it('never stops the chain by a fault that leaves the nodes at work', () => {
    assert.ok(take(1, 4, 20, ['slow-disk']).every(({ stopsChain }) => !stopsChain));
  });
});
