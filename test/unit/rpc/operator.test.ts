import assert from 'node:assert/strict';
import { NodeError } from '../../../src/util/errors.ts';
import { openRpc } from '../../support/rpc-calls.ts';

describe('the methods for who runs a node', () => {
  it('show the options in effect with their origin', async () => {
    const { call } = openRpc();
    const { options } = await call('admin_config');
    assert.deepEqual(options, [
      { name: 'max-peers', value: 64, origin: 'flag', source: '--max-peers' },
      { name: 'swarm-key', value: null, origin: 'default', source: null },
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

  it('add a peer, or name the step that is in the way where a dial does not say why', async () => {
    const { call, rejects, node } = openRpc();
    const address = '/ip4/127.0.0.1/tcp/4102';
    assert.deepEqual(await call('admin_addPeer', { address }), { peerId: '12D3KooWpeer' });
    node.network.dialError = new NodeError('GENESIS_MISMATCH', 'another chain');
    node.network.obstacle = { step: 'tcp', reason: 'CONNECTION_REFUSED', detail: 'closed', hint: 'open it' };
    await rejects('admin_addPeer', { address }, 'GENESIS_MISMATCH');
    node.network.dialError = new NodeError('DIAL_FAILED', 'no connection');
    await rejects('admin_addPeer', { address }, 'CONNECTION_REFUSED');
    node.network.obstacle = undefined;
    await rejects('admin_addPeer', { address }, 'DIAL_FAILED');
  });

  it('remove, ban and unban a peer, and refuse to ban the node itself', async () => {
    const { call, rejects } = openRpc();
    const peerId = '12D3KooWGRUfh3kPmoBjDkJ3GgUBYNsbxBBmCBBB7ZpRZ1x5Dfnd';
    assert.deepEqual(await call('admin_removePeer', { peerId }), { peerId, wasConnected: false });
    const banned = { peerId, banned: true, wasConnected: false, total: 1 };
    assert.deepEqual(await call('admin_banPeer', { peerId, reason: 'spam' }), banned);
    const { items } = await call('admin_bannedPeers');
    assert.deepEqual(
      items.map((ban) => [ban.peerId, ban.reason, ban.refusals]),
      [[peerId, 'spam', 2]],
    );
    assert.deepEqual((await call('perm_check', { subject: peerId })).rule, 'banned');
    assert.deepEqual(await call('admin_unbanPeer', { peerId }), { peerId, unbanned: true, total: 0 });
    assert.deepEqual(await call('admin_unbanPeer', { peerId }), { peerId, unbanned: false, total: 0 });
    for (const method of ['admin_removePeer', 'admin_banPeer', 'admin_unbanPeer'] as const)
      await rejects(method, { peerId: 'somebody' }, 'INVALID_PARAMS');
    await rejects('admin_banPeer', { peerId, reason: 'x'.repeat(201) }, 'INVALID_PARAMS');
  });

  it('tell whether the boot nodes are connected, and since when', async () => {
    const { call } = openRpc();
    const { bootnodes } = await call('admin_bootnodes');
    assert.deepEqual(
      bootnodes.map(({ peerId, connected, since, reason }) => ({ peerId, connected, since, reason })),
      [
        { peerId: '12D3KooWpeer', connected: true, since: '2023-11-14T22:13:20.000Z', reason: null },
        { peerId: null, connected: false, since: null, reason: null },
      ],
    );
  });

  it('stop the node, and bound what they write', async () => {
    const { node, call, rejects } = openRpc();
    assert.deepEqual(await call('admin_shutdown'), { stopping: true });
    assert.equal(node.upkeep.stopping, true);
    await rejects('admin_startProfile', { forMs: 60_001 }, 'INVALID_PARAMS');
    const check = await call('state_snapshotVerify', { file: 'snapshots/other.snapshot' });
    assert.ok(!check.valid && check.reason === 'FILE_DAMAGED');
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
