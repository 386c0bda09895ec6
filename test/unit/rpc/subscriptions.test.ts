import assert from 'node:assert/strict';
import { Dispatcher } from '../../../src/rpc/dispatcher.ts';
import { createHandlers } from '../../../src/rpc/handlers.ts';
import { SUBSCRIPTION_TOPICS, type SubscriptionTopic } from '../../../src/rpc/schema/meta.ts';
import type { Scope } from '../../../src/rpc/schema/method.ts';
import { NOTICES } from '../../../src/rpc/schema/notices.ts';
import { SubscriptionHub } from '../../../src/rpc/subscriptions.ts';
import { topicSources } from '../../../src/rpc/topic-sources.ts';
import { DOCKLOCK } from '../../../src/types/operations/docklock.ts';
import { encode } from '../../../src/types/ssz.ts';
import { NO_USAGE } from '../../../src/types/step-receipt.ts';
import { errorCode } from '../../../src/util/errors.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { silentLogger } from '../../../src/util/logger.ts';
import { RpcNode } from '../../support/rpc-ports.ts';

/** An event of a node that reports what a container did. */
const STEPS = encode(DOCKLOCK.events.StepsRecorded.type, {
  ...{
    node: '11'.repeat(32),
    app: '22'.repeat(32),
    replica: 0,
    generation: 1,
    state: 'running',
    exitCode: 0,
  },
  ...{ fromSequence: 1, toSequence: 3, tip: '33'.repeat(32), root: '44'.repeat(32), usage: NO_USAGE },
  startLatencyMs: 31,
});

describe('the subscription hub', () => {
  it('drops and counts the notices of a slow reader, tells how many, and goes on', () => {
    const node = new RpcNode();
    const hub = new SubscriptionHub(topicSources(node.ports()));
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
    const hub = new SubscriptionHub(topicSources(node.ports()));
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
    const hub = new SubscriptionHub(topicSources(ports));
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
    node.network.disconnect();
    const [pending, ...others] = notices.get('newPendingTransactions') ?? [];
    assert.deepEqual([pending?.txId, pending?.origin, others], [`0x${id}`, 'local', []]);
    const at = '2023-11-14T22:13:20.000Z';
    assert.deepEqual(notices.get('droppedTransactions'), [{ txId: `0x${id}`, reason: 'EXPIRED', at }]);
    const [round] = notices.get('consensus') ?? [];
    assert.deepEqual([round?.kind, round?.height, round?.round, round?.outcome], ['round', 1, 3, 'running']);
    const [left] = notices.get('peers') ?? [];
    assert.deepEqual([left?.kind, left?.reason], ['disconnected', 'REMOTE_CLOSED']);
    assert.deepEqual(
      ['newHeads', 'receipts', 'scheduler', 'gossip'].map((topic) => notices.get(topic)),
      [[], [], [], []],
    );
    hub.close();
    assert.equal(node.listeners, 0);
  });

  it('tells on every topic what its schema names, and nothing beside', async () => {
    const node = new RpcNode();
    node.freeDiskBytes = 1;
    const ports = node.ports();
    const hub = new SubscriptionHub(topicSources(ports));
    const told = new Map<SubscriptionTopic, unknown[]>();
    for (const topic of SUBSCRIPTION_TOPICS) {
      const sink = { send: (text: string) => note(topic, text), unreadBytes: () => 0 };
      hub.open(sink).subscribe(topic);
    }
    function note(topic: SubscriptionTopic, text: string): void {
      told.set(topic, [...(told.get(topic) ?? []), JSON.parse(text).params.data]);
    }
    const dropped = node.chain.nextTransaction();
    await ports.pool.submit(dropped.bytes);
    node.drop(dropped.id);
    await ports.pool.submit(node.chain.nextTransaction().bytes);
    const block = node.commit();
    const [receipt] = block.receipts.sections.flat();
    assert.ok(receipt);
    const steps = { operation: 0, kind: DOCKLOCK.events.StepsRecorded.kind, data: STEPS };
    const docklock = [{ ...receipt, ledger: 'docklock' as const, events: [steps] }];
    node.announce({ ...block, receipts: { ...block.receipts, sections: [docklock] } });
    node.beginRound(0);
    node.vote();
    node.endRound(0, 2_000);
    node.network.disconnect();
    const [message] = ports.network.recentMessages();
    assert.ok(message);
    node.network.hear(message);
    node.network.say(['12D3KooWpeer'], () => '99'.repeat(32));
    node.miner.change('bpi', { state: 'ELECTED', height: 1, rank: 0 });
    for (let turn = 0; turn < 20 && told.size < SUBSCRIPTION_TOPICS.length; turn++)
      await new Promise((resolve) => setImmediate(resolve));
    for (const topic of SUBSCRIPTION_TOPICS) {
      const notices = told.get(topic) ?? [];
      assert.ok(notices.length > 0, topic);
      for (const data of notices) assert.deepEqual(NOTICES[topic].data.parse(data), data, topic);
    }
    hub.close();
  });

  it('tells which mining workers changed, once for each turn of the event loop', async () => {
    const node = new RpcNode();
    const hub = new SubscriptionHub(topicSources(node.ports()));
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
    const hub = new SubscriptionHub(topicSources(node.ports()));
    hub.open({ send() {}, unreadBytes: () => 0 }).subscribe('scheduler');
    assert.equal(node.miner.listeners, 0);
    hub.close();
  });

  it('follows a topic only while somebody subscribes to it', () => {
    const node = new RpcNode();
    const hub = new SubscriptionHub(topicSources(node.ports()));
    assert.equal(node.listeners, 0);
    const first = hub.open({ send() {}, unreadBytes: () => 0 });
    const second = hub.open({ send() {}, unreadBytes: () => 0 });
    const id = first.subscribe('gossip');
    second.subscribe('gossip');
    assert.equal(node.listeners, 1);
    assert.equal(first.unsubscribe(id), true);
    assert.equal(first.unsubscribe(id), false);
    assert.equal(node.listeners, 1);
    second.close();
    assert.equal(node.listeners, 0);
    hub.close();
  });

  it('tells of messages both ways, of so many a second, and counts those between', () => {
    const node = new RpcNode();
    const hub = new SubscriptionHub(topicSources(node.ports()));
    const notices: Record<string, unknown>[] = [];
    const door = hub.open({
      send: (text) => notices.push(JSON.parse(text).params.data),
      unreadBytes: () => 0,
    });
    const [message] = node.ports().network.recentMessages();
    let hashed = 0;
    const id = () => {
      hashed++;
      return '77'.repeat(32);
    };
    door.subscribe('gossip');
    node.network.hear(message as NonNullable<typeof message>);
    node.network.say(['12D3KooWpeer'], id);
    assert.deepEqual(
      notices.map(({ kind, messageId, from, to, carrier, bytes, verdict, reason, skipped }) => [
        ...[kind, messageId, from, to, carrier, bytes, verdict, reason, skipped],
      ]),
      [
        [
          'received',
          `0x${'99'.repeat(32)}`,
          '12D3KooWpeer',
          undefined,
          'relay',
          0,
          'reject',
          'BAD_SIGNATURE',
          0,
        ],
        ['sent', `0x${'77'.repeat(32)}`, undefined, ['12D3KooWpeer'], 'push', 100, undefined, undefined, 0],
      ],
    );
    const change = { topic: 'vote', peerId: '12D3KooWpeer', by: 'peer' } as const;
    node.network.changeMesh({ kind: 'prune', ...change });
    const { at, ...pruned } = notices.at(-1) as { at: string };
    assert.deepEqual(pruned, { kind: 'prune', ...change, skipped: 0 });
    assert.ok(Date.parse(at) > 0);
    for (let i = 0; i < 999; i++) node.network.say(['12D3KooWpeer'], id);
    const most = LIMITS.maxGossipNoticesPerSecond;
    assert.deepEqual([notices.length, hashed], [most, most - 2], 'what is not told is not hashed either');
    node.monotonicMs += 1_000;
    node.network.say([], id);
    assert.equal(notices.at(-1)?.skipped, 1_002 - most);
    door.close();
    node.network.say([], id);
    assert.equal(notices.length, most + 1);
    hub.close();
  });

  it('tells a late subscriber of the alerts that are raised already', async () => {
    const node = new RpcNode();
    const hub = new SubscriptionHub(topicSources(node.ports()));
    const listen = () => {
      const codes: string[] = [];
      const send = (text: string) => codes.push(JSON.parse(text).params.data.code);
      hub.open({ send, unreadBytes: () => 0 }).subscribe('alerts');
      return codes;
    };
    const turns = () => new Promise((resolve) => setTimeout(resolve, 20));
    const early = listen();
    await turns();
    const late = listen();
    assert.deepEqual(late, [], 'not before the answer with the id of the subscription');
    await turns();
    assert.ok(early.includes('PEERS_BELOW_QUORUM'));
    assert.deepEqual(late, early);
    hub.close();
  });

  it('does not show the inside of the node to a session without the scope debug', async () => {
    const node = new RpcNode();
    const dispatcher = new Dispatcher({ handlers: createHandlers(node.ports()), logger: silentLogger });
    const hub = new SubscriptionHub(topicSources(node.ports()));
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
