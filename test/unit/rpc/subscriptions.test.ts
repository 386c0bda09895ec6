import assert from 'node:assert/strict';
import { Dispatcher } from '../../../src/rpc/dispatcher.ts';
import { createHandlers } from '../../../src/rpc/handlers.ts';
import { SUBSCRIPTION_TOPICS } from '../../../src/rpc/schema/meta.ts';
import type { Scope } from '../../../src/rpc/schema/method.ts';
import { SubscriptionHub } from '../../../src/rpc/subscriptions.ts';
import { errorCode } from '../../../src/util/errors.ts';
import { silentLogger } from '../../../src/util/logger.ts';
import { RpcNode } from '../../support/rpc-ports.ts';

describe('the subscription hub', () => {
  it('drops and counts the notices of a slow reader, tells how many, and goes on', () => {
    const node = new RpcNode();
    const hub = new SubscriptionHub(node.ports());
    const notices: { seq: number; lagged?: number; data?: { height: number } }[] = [];
    let unread = 0;
    const door = hub.open({
      send: (text) => notices.push(JSON.parse(text).params),
      unreadBytes: () => unread,
    });
    door.subscribe('newHeads');
    node.commit();
    unread = 100 * 1024 * 1024;
    node.commit();
    node.commit();
    unread = 0;
    node.commit();
    node.commit();
    assert.deepEqual(
      notices.map(({ seq, lagged, data }) => [seq, lagged ?? null, data?.height ?? null]),
      [
        [0, null, 1],
        [3, 2, null],
        [3, null, 4],
        [4, null, 5],
      ],
    );
    door.close();
    node.commit();
    assert.equal(notices.length, 4);
    hub.close();
    assert.equal(node.listeners, 0);
  });

  it('does not let one connection end the subscription of another', () => {
    const node = new RpcNode();
    const hub = new SubscriptionHub(node.ports());
    let count = 0;
    const sink = { send: () => count++, unreadBytes: () => 0 };
    const own = hub.open(sink).subscribe('newHeads');
    assert.equal(hub.open(sink).unsubscribe(own), false);
    node.commit();
    assert.equal(count, 1);
  });

  it('tells of transactions that come and are dropped, of rounds and of peers, each to its subscribers only', async () => {
    const node = new RpcNode();
    const ports = node.ports();
    const hub = new SubscriptionHub(ports);
    const notices = new Map<string, Record<string, unknown>[]>();
    for (const topic of SUBSCRIPTION_TOPICS) {
      const got: Record<string, unknown>[] = [];
      notices.set(topic, got);
      hub
        .open({ send: (text) => got.push(JSON.parse(text).params.data), unreadBytes: () => 0 })
        .subscribe(topic);
    }
    const { id, bytes } = node.chain.nextTransaction();
    await ports.pool.submit(bytes);
    node.drop(id);
    node.beginRound(3);
    node.disconnect();
    const [pending, ...others] = notices.get('newPendingTransactions') ?? [];
    assert.deepEqual([pending?.txId, pending?.origin, others], [`0x${id}`, 'local', []]);
    const at = '2023-11-14T22:13:20.000Z';
    assert.deepEqual(notices.get('droppedTransactions'), [{ txId: `0x${id}`, reason: 'EXPIRED', at }]);
    const [round] = notices.get('consensus') ?? [];
    assert.deepEqual([round?.height, round?.round, round?.outcome], [1, 3, 'running']);
    const [left] = notices.get('peers') ?? [];
    assert.deepEqual([left?.kind, left?.reason], ['disconnected', 'REMOTE_CLOSED']);
    assert.deepEqual(
      ['newHeads', 'receipts', 'scheduler'].map((topic) => notices.get(topic)),
      [[], [], []],
    );
    hub.close();
    assert.equal(node.listeners, 0);
  });

  it('tells which mining workers changed, once for each turn of the event loop', async () => {
    const node = new RpcNode();
    const hub = new SubscriptionHub(node.ports());
    const notices: { seq: number; lagged?: number; data?: { workers: Record<string, unknown>[] } }[] = [];
    let unread = 0;
    hub
      .open({ send: (text) => notices.push(JSON.parse(text).params), unreadBytes: () => unread })
      .subscribe('scheduler');
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const told = () =>
      notices
        .splice(0)
        .map(({ seq, lagged, data }) => [
          seq,
          lagged ?? data?.workers.map(({ ledger, state }) => `${ledger} ${state}`),
        ]);
    node.miner.change('bpi', { state: 'ELECTED', height: 1, rank: 0 });
    node.miner.change('bpi', { state: 'BUILDING' });
    node.miner.change('economy', { state: 'ELECTED', height: 1, rank: 3 });
    assert.deepEqual(told(), []);
    await turn();
    assert.deepEqual(told(), [[0, ['bpi BUILDING', 'economy ELECTED']]]);
    node.miner.change('bpi', {});
    await turn();
    assert.deepEqual(told(), [], 'nothing is told where nothing changed');
    unread = 100 * 1024 * 1024;
    node.miner.change('bpi', { state: 'MINED' });
    await turn();
    unread = 0;
    node.miner.change('bpi', { failures: 1 });
    await turn();
    assert.deepEqual(told(), [
      [2, 1],
      [2, ['bpi MINED']],
    ]);
    node.miner.change('bpi', { failures: 2 });
    hub.close();
    await turn();
    assert.deepEqual([told(), node.listeners], [[], 0]);
  });

  it('has nothing to tell of workers on a node that does not mine', () => {
    const node = new RpcNode();
    node.miner.mines = false;
    const hub = new SubscriptionHub(node.ports());
    hub.open({ send() {}, unreadBytes: () => 0 }).subscribe('scheduler');
    assert.equal(node.miner.listeners, 0);
    hub.close();
  });

  it('does not show the inside of the node to a session without the scope debug', async () => {
    const node = new RpcNode();
    const dispatcher = new Dispatcher({ handlers: createHandlers(node.ports()), logger: silentLogger });
    const hub = new SubscriptionHub(node.ports());
    const session = {
      scopes: new Set<Scope>(['read']),
      subscriptions: hub.open({ send() {}, unreadBytes: () => 0 }),
    };
    const subscribe = (topic: string) =>
      dispatcher.call('meta_subscribe', { topic }, { session, signal: new AbortController().signal });
    await assert.rejects(subscribe('peers'), (error) => errorCode(error) === 'SCOPE_MISSING');
    await subscribe('newHeads');
  });
});
