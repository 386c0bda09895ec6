import assert from 'node:assert/strict';
import { electMiners } from '../../../src/mining/election.ts';
import type { MethodResult } from '../../../src/rpc/schema/methods.ts';
import { addressFromText, addressToText } from '../../../src/types/address.ts';
import { LEDGERS, PROOF_TYPES } from '../../../src/types/names.ts';
import { openRpc } from '../../support/rpc-calls.ts';
import { RpcNode } from '../../support/rpc-ports.ts';

/** A node that only follows. */
function follower(): RpcNode {
  const node = new RpcNode();
  node.miner.mines = false;
  return node;
}

describe('the methods of mining', () => {
  it('show each worker, its rank, the best section and what waits', async () => {
    const { node, call, send } = openRpc();
    await send();
    const best = { rank: 1, miner: node.miner.self, txCount: 9 };
    const counts = { MINED: 4, INCLUDED: 3, FINAL: 2, LOST: 1 };
    node.miner.change('bpi', { state: 'BUILDING', height: 1, rank: 0, best, failures: 7, counts });
    const status = await call('miner_status');
    const self = addressToText(node.miner.self);
    assert.deepEqual([status.mining, status.miner, status.nextHeight], [true, self, 1]);
    assert.deepEqual(
      status.ledgers.map(({ ledger, proofType }) => [ledger, proofType]),
      Object.entries(PROOF_TYPES),
    );
    const [bpi, economy] = [status.ledgers[2], status.ledgers[4]];
    assert.deepEqual(bpi?.worker, {
      state: 'BUILDING',
      height: 1,
      rank: 0,
      best: { ...best, miner: self },
      failures: 7,
      counts,
    });
    assert.deepEqual([bpi?.waiting, economy?.waiting], [0, 1]);
    assert.deepEqual(
      [economy?.worker?.state, economy?.worker?.rank, economy?.worker?.best],
      ['IDLE', null, null],
    );
  });

  it('show what a worker works at: its parent, when its section leaves, and whose sections have come', async () => {
    const { node, call, send } = openRpc();
    await send();
    const idle = await call('miner_getWork', { ledger: 'bpi' });
    assert.deepEqual(
      [idle.parent, idle.rank, idle.sendsInMs, idle.heard, idle.waiting],
      [null, null, null, [], 0],
    );
    const parent = 'ab'.repeat(32);
    const miner = node.miner.self;
    const heard = [{ rank: 0, miner, txCount: 3, state: 'refused' as const }];
    node.miner.change('economy', { state: 'ELECTED', height: 1, rank: 1 });
    node.miner.setWork('economy', { parent, sendsAtMs: node.monotonicMs + 80, heard });
    const work = await call('miner_getWork', { ledger: 'economy' });
    assert.deepEqual(
      [work.workHeight, work.parent, work.rank, work.sendsInMs, work.waiting, work.items.length],
      [1, `0x${parent}`, 1, 80, 1, 1],
    );
    assert.deepEqual(work.heard, [{ ...heard[0], miner: addressToText(miner) }]);
    node.monotonicMs += 100;
    assert.equal((await call('miner_getWork', { ledger: 'economy' })).sendsInMs, 0);
    await openRpc(follower()).rejects('miner_getWork', { ledger: 'bpi' }, 'NOT_A_MINER');
  });

  it('name the elected miners with their weights and all that everybody needs to elect the same', async () => {
    const { call } = openRpc();
    const { nextHeight, beacon, candidates, ledgers } = await call('miner_getElection');
    const again = electMiners(
      beacon.slice(2),
      nextHeight,
      candidates.map(({ validator, weight }) => ({ id: addressFromText(validator), weight: BigInt(weight) })),
    );
    for (const { ledger, miners } of ledgers) {
      assert.deepEqual(
        miners.map(({ validator }) => validator),
        again[ledger].map(addressToText),
      );
      for (const [rank, miner] of miners.entries()) {
        assert.equal(miner.rank, rank);
        const { weight } = candidates.find(({ validator }) => validator === miner.validator) ?? {};
        assert.equal(miner.weight, weight);
      }
    }
    const { ledgers: status } = await call('miner_status');
    assert.deepEqual(
      status.map(({ elected }) => elected),
      LEDGERS.map((ledger) => again[ledger].map(addressToText)),
    );
  });

  it('list what would be mined next, up to a limit, and count all of it', async () => {
    const { call, send, rejects } = openRpc();
    const ids = [];
    for (let i = 0; i < 3; i++) ids.push(`0x${(await send()).id}`);
    const queue = await call('miner_getQueue', { ledger: 'economy', limit: 2 });
    assert.deepEqual([queue.ledger, queue.waiting], ['economy', 3]);
    assert.deepEqual(
      queue.items.map(({ txId }) => txId),
      ids.slice(0, 2),
    );
    assert.deepEqual(queue.items[0]?.operations, ['Transfer']);
    assert.deepEqual((await call('miner_getQueue', { ledger: 'bpi' })).items, []);
    await rejects('miner_getQueue', {}, 'INVALID_PARAMS');
    await rejects('miner_getQueue', { ledger: 'economy', limit: 501 }, 'INVALID_PARAMS');
  });

  it('tell the fate of own sections, newest first over all ledgers, in pages that fit together', async () => {
    const { node, call } = openRpc();
    for (const height of [1, 2, 4]) node.miner.mine('economy', height, 'FINAL');
    for (const height of [2, 3]) node.miner.mine('bpi', height, 'LOST');
    const places = (answer: MethodResult<'miner_history'>) =>
      answer.items.map(({ height, ledger, state }) => `${height} ${ledger} ${state}`);
    const all = await call('miner_history');
    const expected = ['4 economy FINAL', '3 bpi LOST', '2 bpi LOST', '2 economy FINAL', '1 economy FINAL'];
    assert.deepEqual(places(all), expected);
    assert.equal(all.items[0]?.miner, addressToText(node.miner.self));
    const first = await call('miner_history', { before: 4, limit: 2 });
    assert.deepEqual(places(first), expected.slice(1, 3));
    node.miner.mine('economy', 5, 'MINED');
    const second = await call('miner_history', { before: 4, limit: 2, cursor: first.nextCursor });
    assert.deepEqual([places(second), second.nextCursor], [expected.slice(3), null]);
    assert.deepEqual(places(await call('miner_history', { ledger: 'bpi' })), expected.slice(1, 3));
  });

  it('tell of any block whose sections it holds, and that nobody mined the empty ones', async () => {
    const { node, call, rejects } = openRpc(follower());
    node.commit();
    const { items } = await call('miner_history', { height: 1 });
    assert.deepEqual(
      items.map(({ ledger, miner, rank, txCount, state }) => [ledger, miner, rank, txCount, state]),
      LEDGERS.map((ledger) => [ledger, null, null, 0, 'FINAL']),
    );
    const only = await call('miner_history', { height: 'latest', ledger: 'bpci' });
    assert.deepEqual(
      only.items.map(({ proofType }) => proofType),
      ['transact'],
    );
    await rejects('miner_history', { height: 2 }, 'BLOCK_NOT_FOUND');
    await rejects('miner_history', { height: 1, before: 1 }, 'INVALID_PARAMS');
  });

  it('answer on a node that does not mine, but for its own sections', async () => {
    const { call, rejects } = openRpc(follower());
    const status = await call('miner_status');
    assert.deepEqual([status.mining, status.miner], [false, null]);
    assert.ok(status.ledgers.every(({ worker, elected }) => worker === null && elected.length > 0));
    assert.equal((await call('miner_getElection')).nextHeight, 1);
    assert.equal((await call('miner_getQueue', { ledger: 'bpi' })).waiting, 0);
    await rejects('miner_history', {}, 'NOT_A_MINER');
  });
});
