import assert from 'node:assert/strict';
import type { StoredBlock } from '../../../src/rpc/ports/chain.ts';
import type { FilterInput } from '../../../src/rpc/schema/filters.ts';
import { SUBSCRIPTION_TOPICS, type SubscriptionTopic } from '../../../src/rpc/schema/meta.ts';
import { NOTICES } from '../../../src/rpc/schema/notices.ts';
import { SubscriptionHub } from '../../../src/rpc/subscriptions.ts';
import { filterOf } from '../../../src/rpc/topic-filter.ts';
import { topicSources } from '../../../src/rpc/topic-sources.ts';
import { addressToText } from '../../../src/types/address.ts';
import { errorCode, NodeError } from '../../../src/util/errors.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { ExecutingRpc } from '../../support/executing-rpc.ts';
import { reportApp } from '../../support/reported-app.ts';
import { RpcNode } from '../../support/rpc-ports.ts';

interface Told {
  readonly seq: number;
  readonly data: Record<string, unknown>;
}

/** What each of these filters lets through, in the order in which it came. */
function listen<Topic extends SubscriptionTopic>(
  hub: SubscriptionHub,
  topic: Topic,
  ...filters: FilterInput<Topic>[]
): Told[][] {
  return filters.map((filter) => {
    const told: Told[] = [];
    hub
      .open({ send: (text) => told.push(JSON.parse(text).params), unreadBytes: () => 0 })
      .subscribe(topic, filterOf(topic, filter, 'filter'));
    return told;
  });
}

describe('the filters of subscriptions', () => {
  const open = () => {
    const node = new RpcNode();
    return { node, hub: new SubscriptionHub(topicSources(node.ports())) };
  };

  it('let the receipts through that fit a ledger, a type and an address, and no block without one', async () => {
    const { node, hub } = open();
    const first = node.chain.nextTransaction();
    const sender = addressToText(first.value.body.sender);
    const stranger = addressToText('00'.repeat(32));
    const [all, fitting, elsewhere, foreign, others] = listen(
      hub,
      'receipts',
      {},
      { ledgers: ['economy'], type: 'Transfer', address: sender },
      { ledgers: ['bpi', 'bpci'] },
      { address: stranger },
      { type: 'Faucet' },
    );
    await node.ports().pool.submit(first.bytes);
    node.commit();
    node.commit();
    assert.equal(all?.length, 2);
    assert.deepEqual(
      fitting?.map(({ seq, data }) => [seq, data]),
      [[0, all?.[0]?.data]],
    );
    assert.deepEqual([elsewhere, foreign, others], [[], [], []]);
    hub.close();
    assert.equal(node.listeners, 0);
  });

  it('let pending transactions through by ledger and sender, and dropped ones by reason', async () => {
    const { node, hub } = open();
    const transaction = node.chain.nextTransaction();
    const sender = addressToText(transaction.value.body.sender);
    const stranger = addressToText('00'.repeat(32));
    const pending = listen(
      hub,
      'newPendingTransactions',
      { ledgers: ['economy'], sender },
      { ledgers: ['bpi'] },
      { sender: stranger },
    );
    const dropped = listen(hub, 'droppedTransactions', { reasons: ['EXPIRED'] }, { reasons: ['REPLACED'] });
    await node.ports().pool.submit(transaction.bytes);
    node.drop(transaction.id);
    assert.deepEqual(
      [...pending, ...dropped].map(({ length }) => length),
      [1, 0, 0, 1, 0],
    );
    hub.close();
  });

  it('let consensus and peers through by kind, and peers by id', () => {
    const { node, hub } = open();
    const [votes, rounds] = listen(hub, 'consensus', { kinds: ['vote'] }, { kinds: ['round', 'step'] });
    const peers = listen(
      hub,
      'peers',
      { kinds: ['disconnected'] },
      { kinds: ['connected'] },
      { peerId: '12D3KooWpeer' },
      { peerId: '12D3KooWother' },
    );
    node.beginRound(0);
    node.vote();
    node.network.disconnect();
    assert.deepEqual(
      votes?.map(({ data }) => data.kind),
      ['vote'],
    );
    assert.deepEqual(
      rounds?.map(({ data }) => data.kind),
      ['round', 'step'],
    );
    assert.deepEqual(
      peers.map(({ length }) => length),
      [1, 0, 1, 0],
    );
    hub.close();
  });

  it('let workers through by ledger', async () => {
    const { node, hub } = open();
    const [one, other] = listen(hub, 'scheduler', { ledgers: ['bpi'] }, { ledgers: ['docklock'] });
    node.miner.change('bpi', { state: 'ELECTED', height: 1, rank: 0 });
    node.miner.change('economy', { state: 'ELECTED', height: 1, rank: 0 });
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(
      one?.map(({ data }) => (data.workers as { ledger: string }[]).map(({ ledger }) => ledger)),
      [['bpi']],
    );
    assert.deepEqual(other, []);
    hub.close();
  });

  it('let messages through by kind, topic, carrier, verdict and peer', () => {
    const { node, hub } = open();
    const [message] = node.ports().network.recentMessages();
    assert.ok(message);
    const { topic, carrier, verdict, from } = message;
    const heard = listen(
      hub,
      'gossip',
      { kinds: ['received'], topics: [topic], carriers: [carrier], verdicts: [verdict], peerId: from },
      { kinds: ['sent', 'prune'] },
      { topics: ['nothing'] },
      { verdicts: ['accept'] },
      { peerId: '12D3KooWother' },
    );
    node.network.hear(message);
    node.network.say(['12D3KooWother'], () => '99'.repeat(32));
    node.network.changeMesh({ kind: 'prune', topic: 'vote', peerId: '12D3KooWthird', by: 'self' });
    assert.deepEqual(
      heard.map((told) => told.map(({ data }) => data.kind)),
      [['received'], ['sent', 'prune'], [], [], ['sent']],
    );
    hub.close();
  });

  it('sample gossip for one reader, who learns how many fitting messages were skipped', () => {
    const { node, hub } = open();
    const [sampled, all] = listen(hub, 'gossip', { kinds: ['sent'], maxPerSecond: 2 }, {});
    const say = (count: number) => {
      for (let i = 0; i < count; i++) node.network.say(['12D3KooWpeer'], () => '99'.repeat(32));
    };
    say(5);
    node.network.changeMesh({ kind: 'graft', topic: 'vote', peerId: '12D3KooWpeer', by: 'self' });
    node.monotonicMs += 1_000;
    say(1);
    assert.deepEqual(
      sampled?.map(({ seq, data }) => [seq, data.skipped]),
      [
        [0, 0],
        [1, 0],
        [2, 3],
      ],
    );
    assert.equal(all?.length, 7);
    hub.close();
  });

  it('let alerts through by severity', async () => {
    const { hub } = open();
    const [all, critical, warnings] = listen(
      hub,
      'alerts',
      {},
      { severities: ['critical'] },
      { severities: ['warning'] },
    );
    while ((all?.length ?? 0) === 0 || (critical?.length ?? 0) + (warnings?.length ?? 0) < (all?.length ?? 0))
      await new Promise((resolve) => setImmediate(resolve));
    assert.ok(critical?.every(({ data }) => data.severity === 'critical'));
    assert.ok(warnings?.every(({ data }) => data.severity === 'warning'));
    assert.equal((critical?.length ?? 0) + (warnings?.length ?? 0), all?.length);
    hub.close();
  });

  it('tell of containers what their owner wants and what nodes report, by app and by node', async () => {
    const rpc = await ExecutingRpc.open(() => ({}));
    const { app, node } = await reportApp(rpc, 1, [
      { action: 'create' },
      { action: 'created' },
      { action: 'start' },
    ]);
    const { history, head } = rpc.node.chain;
    const ports = new RpcNode().ports();
    const chain = { ...ports.chain, onCommit: (listener: (block: StoredBlock) => void) => replay(listener) };
    // Whoever follows hears of all blocks once more.
    function replay(listener: (block: StoredBlock) => void) {
      for (let height = 1; height <= head.height; height++) listener(history.block(height) as StoredBlock);
      return () => {};
    }
    const hub = new SubscriptionHub(topicSources({ ...ports, chain }));
    const [all, byApp, byNode, ofOthers] = listen(
      hub,
      'containers',
      {},
      { app: `0x${app}` },
      { node: `0x${node}` },
      { app: `0x${'00'.repeat(32)}` },
    );
    for (const { data } of all ?? []) assert.deepEqual(NOTICES.containers.data.parse(data), data);
    assert.deepEqual(
      all?.map(({ data }) => [data.kind, data.app, data.node, data.desired ?? data.state]),
      [
        ['desired', `0x${app}`, undefined, 'created'],
        ['desired', `0x${app}`, undefined, 'running'],
        ['reported', `0x${app}`, `0x${node}`, 'running'],
      ],
    );
    assert.deepEqual(
      byApp?.map(({ data }) => data),
      all?.map(({ data }) => data),
    );
    assert.deepEqual(
      byNode?.map(({ data }) => data.kind),
      ['reported'],
    );
    assert.deepEqual(ofOthers, []);
    hub.close();
  });

  it('are refused with the path of what is wrong', () => {
    const wrong: [SubscriptionTopic, unknown, string][] = [
      ['newHeads', { ledgers: ['economy'] }, 'filter'],
      ['receipts', { ledgers: ['gold'] }, 'filter.ledgers.0'],
      ['receipts', { address: 'me' }, 'filter.address'],
      ['consensus', { kinds: [] }, 'filter.kinds'],
      ['gossip', { maxPerSecond: 0 }, 'filter.maxPerSecond'],
      [
        'gossip',
        { topics: Array.from({ length: LIMITS.maxFilterItems + 1 }, () => 'vote') },
        'filter.topics',
      ],
      ['peers', 'connected', 'filter'],
    ];
    for (const [topic, filter, path] of wrong)
      assert.throws(
        () => filterOf(topic, filter, 'filter'),
        (error) => error instanceof NodeError && error.code === 'INVALID_PARAMS' && error.data.path === path,
        `${topic} ${JSON.stringify(filter).slice(0, 80)}`,
      );
    for (const topic of SUBSCRIPTION_TOPICS) assert.equal(filterOf(topic, {}, 'filter'), undefined);
  });

  it('are bounded in number for the whole node, and give their room back', () => {
    const { node, hub } = open();
    const sink = { send() {}, unreadBytes: () => 0 };
    const filter = filterOf('consensus', { kinds: ['vote'] }, 'filter');
    const doors = Array.from({ length: LIMITS.maxFilteredSubscriptions }, () => hub.open(sink));
    const ids = doors.map((door) => door.subscribe('consensus', filter));
    const late = hub.open(sink);
    assert.throws(
      () => late.subscribe('consensus', filter),
      (error) => errorCode(error) === 'TOO_MANY_SUBSCRIPTIONS',
    );
    late.subscribe('consensus');
    assert.equal(doors[0]?.unsubscribe(ids[0] as string), true);
    late.subscribe('consensus', filter);
    for (const door of [...doors, late]) door.close();
    assert.equal(node.listeners, 0);
    hub.close();
  });
});
