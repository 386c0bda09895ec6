import assert from 'node:assert/strict';
import { openRpc } from '../../support/rpc-calls.ts';

describe('the methods for who runs a node', () => {
  it('show the options in effect with their origin', async () => {
    const { call } = openRpc();
    const { options } = await call('admin_config');
    assert.deepEqual(options, [
      { name: 'rpcPort', value: 4201, origin: 'flag' },
      { name: 'swarmKeyFile', value: null, origin: 'default' },
    ]);
  });

  it('set log levels at run time, and refuse a module that there is not', async () => {
    const { call, rejects } = openRpc();
    const levels = [{ module: 'chain', level: 'trace' as const }];
    assert.deepEqual(await call('admin_setLogLevel', { level: 'trace', module: 'chain' }), { levels });
    await rejects('admin_setLogLevel', { level: 'trace', module: 'absent' }, 'INVALID_PARAMS');
    await rejects('admin_setLogLevel', { level: 'loud' }, 'INVALID_PARAMS');
    assert.deepEqual(await call('admin_setLogLevel', { level: 'warn' }), {
      levels: [{ module: 'chain', level: 'warn' }],
    });
  });

  it('list refused candidates with who made them and why', async () => {
    const { call, node } = openRpc();
    const { items } = await call('debug_getBadBlocks');
    assert.deepEqual(
      items.map(({ height, reason, times, firstAt }) => ({ height, reason, times, firstAt })),
      [{ height: 1, reason: 'WRONG_STATE_ROOT', times: 3, firstAt: '2023-11-14T22:13:20.000Z' }],
    );
    assert.match(items[0]?.proposer ?? '', /^meta1/);
    assert.equal(node.chain.height, 0);
  });

  it('execute a block once more, or say from which height on they can', async () => {
    const { call, rejects, node } = openRpc();
    await rejects('debug_replayBlock', { height: 1 }, 'BLOCK_NOT_FOUND');
    node.commit();
    const { header } = node.commit().block;
    const { block, ok, fault, stateRoot } = await call('debug_replayBlock', { height: 'latest' });
    assert.deepEqual([block.height, ok, fault, stateRoot], [2, true, null, `0x${header.stateRoot}`]);
    await rejects('debug_replayBlock', { height: 1 }, 'PRUNED');
    await rejects('debug_replayBlock', { height: 0 }, 'BLOCK_NOT_FOUND');
  });
});
