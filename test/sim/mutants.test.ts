import assert from 'node:assert/strict';
import { openSourceTree, runMutant, type SourceTree } from '../../src/cli/sim/mutant-runs.ts';
import { CHECKS } from '../../src/sim/mutants/mutant-checks.ts';
import { MUTANTS } from '../../src/sim/mutants/mutants.ts';
import { errorCode } from '../../src/util/errors.ts';

describe('Mutants: faults of the consensus that the checks must notice', () => {
  let tree: SourceTree;

  before(async () => {
    tree = await openSourceTree();
  });

  it('the code as it is passes every check', async () => {
    const { verdicts } = await runMutant(tree, undefined, CHECKS);
    assert.deepEqual(
      verdicts.map(({ check, error }) => [check, error]),
      CHECKS.map((check) => [check, undefined]),
    );
  });

  for (const mutant of MUTANTS)
    it(`${mutant.killer} notice that ${mutant.fault}`, async () => {
      const { verdicts } = await runMutant(tree, mutant, [mutant.killer]);
      assert.equal(verdicts.length, 1);
      assert.match(
        verdicts[0]?.error?.code ?? 'SURVIVED',
        /^(INVARIANT_VIOLATED|SIMULATION_STALLED|DECIDED_TOO_LATE|SCENARIO_FAILED)$/,
      );
    });

  it('the faults that real implementations have had are among them', () => {
    const names = new Set(MUTANTS.map(({ name }) => name));
    const known = [
      'quorum-13-of-21',
      'certificate-lost-on-restart',
      'last-round-change-overwrites',
      'highest-prepared-unchecked',
      'duplicate-signers-counted',
      'seal-not-bound-to-round',
      'vote-after-decide',
      'timer-not-cancelled',
      'weak-quorum-of-seals-on-sync',
      'unsigned-round-changes-in-proposal',
      'unsigned-prepares-in-proposal',
      'leader-ignores-prepared',
      'proposal-not-cleared',
      'prepared-round-not-lower',
    ];
    assert.deepEqual(
      known.filter((name) => !names.has(name)),
      [],
    );
    assert.equal(names.size, MUTANTS.length);
  });

  it('a mutant whose text is gone from the source fails loudly', async () => {
    const edits = [{ file: 'types/quorum.ts', text: 'no such text', instead: '' }];
    const stale = { name: 'stale', fault: 'nothing', killer: 'random' as const, edits };
    await assert.rejects(
      runMutant(tree, stale, ['signatures']),
      (error) => errorCode(error) === 'MUTANT_STALE',
    );
  });
});
