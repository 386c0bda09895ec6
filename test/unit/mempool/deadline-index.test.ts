import assert from 'node:assert/strict';
import { DeadlineIndex } from '../../../src/mempool/deadline-index.ts';

describe('The deadline index', () => {
  it('finds everything that is due, in whatever order it was added, and nothing of a later second', () => {
    const index = new DeadlineIndex<string>();
    index.add(5_000, 'later');
    index.add(1_000, 'first');
    assert.deepEqual(index.due(1_500), ['first']);
    index.add(300, 'before what was asked for last');
    assert.deepEqual(index.due(1_500).sort(), ['before what was asked for last', 'first']);
    assert.deepEqual(index.due(4_999).includes('later'), false);
    assert.deepEqual(index.due(5_000), ['later']);
  });

  it('does not find what was deleted', () => {
    const index = new DeadlineIndex<string>();
    index.add(1_000, 'a');
    index.add(1_001, 'b');
    index.delete(1_000, 'a');
    index.delete(9_000, 'b');
    assert.deepEqual(index.due(1e9), ['b']);
  });
});
