import assert from 'node:assert/strict';
import {
  cachedMessages,
  checkGossipState,
  type GossipState,
  topicHolds,
} from '../../../src/network/gossip-state.ts';

const entry = (msgIdStr: string, topic = 'vote') => ({ msgIdStr, topic });
const cached = (validated: boolean, ...asked: [string, number][]) => ({
  validated,
  iwantCounts: new Map(asked),
});

describe('What gossipsub keeps between its heartbeats', () => {
  const state: GossipState = {
    backoff: new Map([['vote', new Map([['a', 1_000]])]]),
    fanout: new Map([['tx', new Set(['b', 'c'])]]),
    mcache: {
      msgs: new Map([
        ['1', cached(true, ['a', 2], ['b', 1])],
        ['2', cached(false)],
        ['3', cached(true, ['a', 5])],
      ]),
      history: [[entry('2'), entry('3', 'tx')], [], [entry('1'), entry('forgotten')]],
    },
  };

  it('is shown for one topic, with nothing of the others', () => {
    assert.deepEqual(topicHolds(state, 'vote'), { backoff: [{ peerId: 'a', untilMs: 1_000 }], fanout: [] });
    assert.deepEqual(topicHolds(state, 'tx'), { backoff: [], fanout: ['b', 'c'] });
    assert.deepEqual(cachedMessages(state, 'vote'), { windows: [1, 0, 2], unvalidated: 1, asked: 3 });
    assert.deepEqual(cachedMessages(state, 'tx'), { windows: [1, 0, 0], unvalidated: 0, asked: 5 });
  });

  it('is refused in another form, so that a later gossipsub does not show nothing in silence', () => {
    checkGossipState(state);
    for (const part of ['backoff', 'fanout', 'mcache'])
      assert.throws(() => checkGossipState({ ...state, [part]: {} }), TypeError, part);
  });
});
