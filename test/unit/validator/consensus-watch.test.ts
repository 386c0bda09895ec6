import assert from 'node:assert/strict';
import type { ConsensusEvent } from '../../../src/consensus/contract.ts';
import type { ConsensusNews, RoundState } from '../../../src/types/round-state.ts';
import { ConsensusWatch } from '../../../src/validator/consensus-watch.ts';

const VALIDATOR = 'ab'.repeat(32);

function roundState(step: RoundState['step']): RoundState {
  return {
    height: 5,
    round: 1,
    step,
    proposer: undefined,
    proposalHash: undefined,
    preparedRound: undefined,
    prepares: [],
    commits: [],
    roundChanges: [],
    roundEndsAtMs: undefined,
  };
}

function prepare(): ConsensusEvent {
  const body = { height: 5, round: 1, blockHash: 'cd'.repeat(32) };
  const message = { kind: 'prepare' as const, prepare: { body, signer: VALIDATOR, signature: '' } };
  return { kind: 'message', nowMs: 0, message, bytes: 1 };
}

describe('The watch over consensus', () => {
  it('tells each vote that was taken up, and each change of the step once', () => {
    let step: RoundState['step'] = 'validating';
    const told: ConsensusNews[] = [];
    const watch = new ConsensusWatch({ roundState: () => roundState(step) });
    const stop = watch.subscribe((news) => told.push(news));
    const place = { height: 5, round: 1 };
    watch.afterEvent({ kind: 'work-available', nowMs: 0 }, []);
    step = 'prepare';
    watch.afterEvent(prepare(), []);
    watch.afterEvent(prepare(), [{ kind: 'drop', reason: 'DUPLICATE', signer: VALIDATOR }]);
    assert.deepEqual(told, [
      { kind: 'step', ...place, step: 'validating' },
      { kind: 'vote', ...place, vote: 'prepare', validator: VALIDATOR },
      { kind: 'step', ...place, step: 'prepare' },
    ]);
    stop();
    watch.afterEvent(prepare(), []);
    assert.equal(told.length, 3);
  });

  it('looks at nothing while nobody listens', () => {
    const watch = new ConsensusWatch({ roundState: () => assert.fail('the core is asked') });
    watch.afterEvent(prepare(), []);
  });
});
