import assert from 'node:assert/strict';
import { State } from '../../../../src/ledger/state/state.ts';
import {
  advanceValidators,
  currentValidators,
  initValidators,
  nextValidators,
  validatorsAt,
} from '../../../../src/ledger/system/validator-sets.ts';
import { ValidatorSet } from '../../../../src/types/validator.ts';
import { hashNumber } from '../../../support/blocks.ts';

const setOf = (...ids: number[]): ValidatorSet =>
  new ValidatorSet(
    ids.map((id) => ({
      id: hashNumber(id),
      consensusKey: hashNumber(100 + id),
      vrfKey: hashNumber(200 + id),
    })),
  );

describe('validator sets in the state', () => {
  it('M13: finds the set of every height within evidence age, whatever changed each block', () => {
    const maxAge = 20;
    const system = new State().extend().writer('system');
    const sets = new Map<number, ValidatorSet>([
      [1, setOf(1)],
      [2, setOf(1)],
    ]);
    initValidators(system, setOf(1));
    for (let height = 1; height <= 60; height++) {
      // Unchanged for a while, then another set with each block.
      const changed =
        height % 7 < 4 ? setOf(1, 1 + (height % 9 || 9)) : (sets.get(height + 1) as ValidatorSet);
      sets.set(height + 2, changed);
      advanceValidators(system, height, changed, maxAge);
      assert.equal(currentValidators(system).hash, sets.get(height + 1)?.hash);
      assert.equal(nextValidators(system).hash, sets.get(height + 2)?.hash);
      for (let at = Math.max(1, height - maxAge); at <= height + 2; at++)
        assert.equal(validatorsAt(system, at)?.hash, sets.get(at)?.hash, `V(${at}) at ${height}`);
    }
    assert.equal(validatorsAt(system, 1), undefined, 'sets beyond the age are forgotten');
  });

  it('keeps the set of genesis as long as nothing changes', () => {
    const system = new State().extend().writer('system');
    initValidators(system, setOf(1, 2));
    for (let height = 1; height <= 30; height++) advanceValidators(system, height, setOf(1, 2), 5);
    assert.equal(validatorsAt(system, 28)?.hash, setOf(1, 2).hash);
    assert.equal(validatorsAt(system, 0), undefined);
  });
});
