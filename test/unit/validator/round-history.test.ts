import assert from 'node:assert/strict';
import type { RoundState } from '../../../src/types/round-state.ts';
import { RoundHistory } from '../../../src/validator/round-history.ts';

const PROPOSER = 'ab'.repeat(32);

function open() {
  const core = { height: 1, round: 0, isAwake: false };
  let nowMs = 0;
  const state = (): RoundState => ({
    ...core,
    step: 'prepare',
    proposer: PROPOSER,
    proposalHash: undefined,
    preparedRound: undefined,
    prepares: [PROPOSER],
    commits: [],
    roundChanges: [],
    roundEndsAtMs: undefined,
  });
  const clock = { wallMs: () => 1_000_000 + nowMs, monotonicMs: () => nowMs };
  const history = new RoundHistory({ position: () => core, roundState: state }, clock);
  /** What the core came to `afterMs` later, by the end of a round's time or not. */
  const move = (afterMs: number, change: Partial<typeof core>, isTimeout = false) => {
    nowMs += afterMs;
    if (isTimeout) history.beforeRoundTimeout();
    Object.assign(core, change);
    history.afterEvent();
  };
  return { history, move };
}

describe('the history of rounds', () => {
  it('counts no time while a height sleeps', () => {
    const { history, move } = open();
    move(500, {});
    assert.deepEqual([history.running(), history.heights()], [undefined, []]);
    move(500, { isAwake: true });
    move(30, {});
    assert.deepEqual(history.running(), { heightForMs: 30, roundForMs: 30 });
  });

  it('tells a round whose time was over from one that others had left, and how far it was', () => {
    const { history, move } = open();
    move(0, { isAwake: true });
    move(100, { round: 1 }, true);
    move(50, { round: 4 });
    move(20, { height: 2, round: 0, isAwake: false });
    const [height] = history.heights();
    assert.equal(height?.durationMs, 170);
    assert.deepEqual(
      height?.rounds.map(({ round, durationMs, outcome }) => [round, durationMs, outcome]),
      [
        [0, 100, 'timeout'],
        [1, 50, 'others-ahead'],
        [4, 20, 'decided'],
      ],
    );
    const end = { step: 'prepare', proposer: PROPOSER, prepares: 1, commits: 0 };
    assert.deepEqual(
      height?.rounds.map((round) => round.end),
      [end, undefined, undefined],
    );
    assert.equal(history.running(), undefined);
  });

  it('is not misled by a timer that changed nothing', () => {
    const { history, move } = open();
    move(0, { isAwake: true });
    move(100, {}, true);
    move(10, { round: 3 });
    assert.equal(history.heights()[0]?.rounds[0]?.outcome, 'others-ahead');
  });

  it('keeps the last heights and rounds only', () => {
    const { history, move } = open();
    for (let height = 1; height <= 200; height++) move(1, { height, isAwake: true });
    for (let round = 1; round <= 200; round++) move(1, { round }, true);
    const heights = history.heights();
    assert.deepEqual([heights.length, heights.at(-1)?.height, heights.at(-1)?.rounds.length], [64, 200, 32]);
  });

  it('gives copies', () => {
    const { history, move } = open();
    move(0, { isAwake: true });
    history.heights()[0]?.rounds.pop();
    assert.equal(history.heights()[0]?.rounds.length, 1);
  });
});
