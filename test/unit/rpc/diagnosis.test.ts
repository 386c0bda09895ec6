import assert from 'node:assert/strict';
import { diagnose, type Situation } from '../../../src/rpc/diagnosis.ts';
import { ValidatorSet } from '../../../src/types/validator.ts';

const address = (k: number) => `${k}`.repeat(64);
const [A, B, C, D] = [1, 2, 3, 4].map(address) as [string, string, string, string];
const validators = new ValidatorSet(
  [A, B, C, D].map((id, i) => ({ id, consensusKey: address(i + 1), vrfKey: address(i + 1) })),
);
const ALL_HERE = [A, B, C, D].map((validator) => ({
  validator,
  state: validator === A ? ('self' as const) : ('connected' as const),
  peerId: validator === A ? undefined : `peer ${validator[0]}`,
  sinceMs: 1,
  reason: undefined,
}));

/** Four validators at height 10, all connected; this node is the first of them. */
function situation(change: Partial<Situation> = {}, state: Partial<Situation['state']> = {}): Situation {
  return {
    state: {
      height: 10,
      round: 0,
      step: 'prepare',
      proposer: A,
      proposalHash: undefined,
      preparedRound: undefined,
      prepares: [],
      commits: [],
      roundChanges: [],
      roundEndsAtMs: undefined,
      ...state,
    },
    validators,
    self: A,
    ownFault: undefined,
    syncing: false,
    peers: [],
    validatorPeers: ALL_HERE,
    running: { heightForMs: 30_000, roundForMs: 5_000 },
    nextRoundInMs: 100,
    ...change,
  };
}
const peer = (validator: string, height: number) => ({
  peerId: `peer ${validator[0]}`,
  address: '/ip4/127.0.0.1/tcp/1',
  announcedAddresses: [],
  direction: 'inbound' as const,
  connectedAtMs: 1,
  role: 'validator' as const,
  validator,
  height,
  push: true,
});
const roundChanges = (round: number, ...from: string[]) => from.map((validator) => ({ validator, round }));
const named = (input: Situation) =>
  diagnose(input).missing.map(({ validator, state }) => [validator, state] as const);

describe('the diagnosis of a chain', () => {
  it('misses nobody while all are connected and the first round runs', () => {
    const { ok, missing, have } = diagnose(situation());
    assert.deepEqual([ok, missing, have], [true, [], 4]);
  });

  it('names who is gone with the reason, and stays well with a quorum', () => {
    const validatorPeers = ALL_HERE.map((view) =>
      view.validator === C ? { ...view, state: 'disconnected' as const, reason: 'ECONNREFUSED' } : view,
    );
    const { ok, missing, have } = diagnose(situation({ validatorPeers }));
    assert.deepEqual([ok, have], [true, 3]);
    assert.deepEqual(missing, [
      { validator: C, peer: 'peer 3', state: 'disconnected', sinceMs: 1, reason: 'ECONNREFUSED' },
    ]);
  });

  it('finds the connected who say nothing in a round above 0, and those who are behind', () => {
    const stuck = { round: 3, roundChanges: [...roundChanges(3, A, B), ...roundChanges(2, C)] };
    assert.deepEqual(named(situation({ peers: [peer(D, 4)] }, stuck)), [
      [C, 'silent'],
      [D, 'behind'],
    ]);
    const { ok, verdict } = diagnose(situation({ peers: [peer(D, 4)] }, stuck));
    assert.equal(ok, false);
    assert.match(verdict, /^NO_QUORUM: 2 /);
  });

  it('gives round changes time to arrive before it calls anyone silent', () => {
    const running = { heightForMs: 30_000, roundForMs: 100 };
    assert.deepEqual(named(situation({ running }, { round: 3 })), []);
  });

  it('counts a vote of the present round as a sign of life', () => {
    const state = { round: 1, roundChanges: roundChanges(1, A, B), prepares: [C], commits: [D] };
    assert.deepEqual(named(situation({}, state)), []);
  });

  it('counts itself as missing while it may not vote, with the reason', () => {
    assert.deepEqual(diagnose(situation({ ownFault: 'JOURNAL_MISSING' })).missing, [
      { validator: A, peer: undefined, state: 'silent', reason: 'JOURNAL_MISSING' },
    ]);
  });

  it('tells rounds that fail although all are here, and a node that syncs, from a lack of quorum', () => {
    const all = { round: 2, roundChanges: roundChanges(2, A, B, C, D) };
    assert.match(diagnose(situation({}, all)).verdict, /^ROUNDS_FAIL/);
    assert.match(diagnose(situation({ syncing: true })).verdict, /^SYNCING/);
  });
});
