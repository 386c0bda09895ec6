import assert from 'node:assert/strict';
import { errorCode } from '../../../src/util/errors.ts';
import { groupsOf } from '../../../testnet/commands/partition.ts';

const NODES = ['v1', 'v2', 'v3', 'v4', 'o1'];

describe('the sides of a split testnet', () => {
  it('are those that are named, and one more of the nodes that are not', () => {
    assert.deepEqual(groupsOf('v1,v2|v3,v4', NODES), [['v1', 'v2'], ['v3', 'v4'], ['o1']]);
    assert.deepEqual(groupsOf('v1..v2 / v3,v4,o1', NODES), [
      ['v1', 'v2'],
      ['v3', 'v4', 'o1'],
    ]);
    assert.deepEqual(groupsOf('v4', NODES), [['v4'], ['v1', 'v2', 'v3', 'o1']]);
  });

  it('are refused where a node stands on two, one is empty, or there is only one', () => {
    for (const text of ['v1|v1..v2', 'v1,v2|', '', 'all', 'v1|all'])
      assert.throws(
        () => groupsOf(text, NODES),
        (error) => errorCode(error) === 'BAD_PARTITION',
      );
    assert.throws(
      () => groupsOf('v1|v9', NODES),
      (error) => errorCode(error) === 'UNKNOWN_NODE',
    );
  });
});
