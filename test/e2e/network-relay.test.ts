import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { contentId } from '../../src/network/content-id.ts';
import type { Verdict } from '../../src/network/inbound-message.ts';
import type { MeshChange } from '../../src/network/statistics.ts';
import { GOSSIPED_TOPICS } from '../../src/types/network.ts';
import { utf8 } from '../../src/util/bytes.ts';
import {
  NetworkCluster,
  only,
  type TestNode,
  validatorIdentity,
  validatorSet,
} from '../support/network-cluster.ts';
import { waitFor } from '../support/wait-for.ts';

describe('Messages to peers without a direct link', () => {
  let cluster: NetworkCluster;
  beforeEach(() => {
    cluster = new NetworkCluster(validatorSet(1, 2, 3, 4));
  });
  afterEach(() => cluster.stop());

  /** Three validators in a line: the ends never connect with each other. */
  async function line() {
    const middle = await cluster.start(2, { validator: 2 });
    const bootnodes = middle.network.addresses();
    const isMiddle = (peerId: string) => peerId === middle.network.peerId;
    const left = await cluster.start(1, { validator: 1, bootnodes, allowPeer: isMiddle });
    const right = await cluster.start(3, { validator: 3, bootnodes, allowPeer: isMiddle });
    await waitFor('the line stands', () => middle.network.peers().length === 2);
    const meshOf = ({ network }: TestNode, size: number) =>
      network
        .inspect()
        .topics.filter(({ topic }) => GOSSIPED_TOPICS.includes(topic))
        .every(({ mesh, subscribers }) => mesh.length === size && subscribers.length === size);
    await waitFor('every mesh stands', () => meshOf(left, 1) && meshOf(middle, 2) && meshOf(right, 1));
    return { left, middle, right };
  }

  it('arrive through gossipsub when they are sent again, each counter once more (R02)', async () => {
    const { left, middle, right } = await line();
    const vote = utf8('round change');
    let counter = 0;
    const resend = () => left.network.publish('vote', vote, { counter: ++counter });
    await waitFor('the far end has it', () => {
      if (only(right, 'vote').length === 0) resend(); // the first ones may be sent before gossipsub's streams are open
      return only(right, 'vote').length > 0;
    });
    assert.equal(only(right, 'vote')[0]?.carrier, 'relay');
    assert.equal(only(right, 'vote')[0]?.from, middle.network.peerId);
    const gossiped = () =>
      right.network.inspect().recent.filter(({ carrier, topic }) => carrier === 'relay' && topic === 'vote');
    const lastCounter = counter + 3;
    while (counter < lastCounter) resend();
    await waitFor('the last counter was passed on', () =>
      gossiped().some((copy) => copy.counter === lastCounter),
    );
    const counters = gossiped().map((copy) => copy.counter);
    assert.equal(new Set(counters).size, counters.length, 'each counter came once');
    for (const expected of [lastCounter - 2, lastCounter - 1, lastCounter])
      assert.ok(counters.includes(expected));
    assert.equal(only(right, 'vote').length, 1, 'the content is handled once');
  });

  it('are passed on only after the handler of the neighbour accepted them (R04)', async () => {
    const { left, middle, right } = await line();
    middle.verdict = () => 'ignore';
    const gossipedStale = () => middle.network.inspect().recent.some(({ carrier }) => carrier === 'relay');
    let counter = 0;
    await waitFor('the neighbour has it by gossip', () => {
      if (!gossipedStale()) left.network.publish('vote', utf8('stale'), { counter: ++counter });
      return gossipedStale();
    });
    let release: (() => void) | undefined;
    middle.verdict = async (): Promise<Verdict> => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return 'accept';
    };
    left.network.publish('vote', utf8('slow'), { counter: 1 });
    await waitFor('the neighbour checks it', () => release !== undefined);
    await sleep(300);
    assert.deepEqual(only(right, 'vote'), []);
    release?.();
    await waitFor('the far end has it', () => only(right, 'vote').length > 0);
    assert.deepEqual(
      only(right, 'vote').map(({ bytes }) => new TextDecoder().decode(bytes)),
      ['slow'],
    );
  });

  it('stand in the cache of who passes them on, and who leaves the mesh is told of and held off for a while', async () => {
    const { left, middle, right } = await line();
    const changes: MeshChange[] = [];
    middle.network.watchMessages({
      received: () => undefined,
      sent: () => undefined,
      meshChanged: (change) => changes.push(change),
    });
    const votesOf = ({ network }: TestNode) =>
      network.inspect().topics.find(({ topic }) => topic === 'vote') ?? assert.fail('no topic');
    const content = utf8('kept');
    let counter = 0;
    await waitFor('the middle keeps it', () => {
      left.network.publish('vote', content, { counter: ++counter });
      return votesOf(middle).cache.windows.some((messages) => messages > 0);
    });
    const id = contentId(content);
    assert.deepEqual(
      [left.network.ownMessage(id)?.sends, left.network.ownMessage(id)?.topic],
      [counter, 'vote'],
    );
    assert.equal(middle.network.ownMessage(id), undefined);
    assert.deepEqual(votesOf(middle).backoff, []);
    // Who is no validator any more unsubscribes from votes.
    right.network.setValidators(validatorSet(1, 2, 4), validatorSet(1, 2, 4));
    const peerId = right.network.peerId;
    await waitFor('it is out of the mesh', () =>
      changes.some(
        (change) => change.kind === 'prune' && change.topic === 'vote' && change.peerId === peerId,
      ),
    );
    await waitFor('and held off', () => votesOf(middle).backoff.some((held) => held.peerId === peerId));
    assert.ok(!votesOf(middle).mesh.some((member) => member.peerId === peerId));
    const [held] = votesOf(middle).backoff;
    assert.ok(held !== undefined && held.untilMs > Date.now());
    assert.equal(changes.find(({ kind }) => kind === 'prune')?.by, 'peer');
  });

  it('are not passed on by gossipsub when they came by push as a first send', async () => {
    const [a, b] = await cluster.startMesh(2);
    assert.ok(a !== undefined && b !== undefined);
    a.network.publish('vote', utf8('first'));
    await waitFor('it arrives', () => only(b, 'vote').length === 1);
    const votes = b.network.inspect().topics.find(({ topic }) => topic === 'vote');
    assert.equal(votes?.statistics.push.accepted, 1);
    assert.equal(votes?.statistics.relay.received, 0);
  });

  it('can be published with nobody connected, and nothing throws (R03)', async () => {
    const alone = await cluster.start(1, { validator: 1 });
    alone.network.publish('vote', utf8('into the void'));
    for (const counter of [1, 1, 2]) alone.network.publish('vote', utf8('into the void'), { counter });
  });

  it('reach observers over their relay streams: batches, blocks and certificates, but no votes', async () => {
    const validators = await cluster.startMesh(4);
    const bootnodes = validators[0]?.network.addresses() ?? [];
    const observer = await cluster.start(9, { bootnodes });
    const isRelaying = () => Object.keys(observer.network.inspect().queuedBytes).length === 3;
    await waitFor('three validators relay', isRelaying);
    const [first] = validators;
    assert.ok(first !== undefined);
    // A stream that was opened a moment ago may not be known to the validator yet.
    await waitFor('relayed', () => {
      for (const { network } of validators) network.relayToObservers('block', () => utf8('block 1'));
      return only(observer, 'block').length > 0;
    });
    first.network.publish('vote', utf8('a vote'));
    first.network.publish('tx', utf8('a batch'));
    await waitFor('the batch arrives', () => only(observer, 'tx').length > 0);
    assert.equal(only(observer, 'tx').length, 1);
    assert.equal(only(observer, 'block').length, 1);
    assert.deepEqual(only(observer, 'vote'), []);
  });

  it('are pushed to all validators when an observer hands a batch to one of them', async () => {
    const validators = await cluster.startMesh(4);
    const boot = validators[0];
    assert.ok(boot !== undefined);
    const isBoot = (peerId: string) => peerId === boot.network.peerId;
    const observer = await cluster.start(9, { bootnodes: boot.network.addresses(), allowPeer: isBoot });
    await waitFor('it is linked', () => Object.keys(observer.network.inspect().queuedBytes).length === 1);
    observer.network.publish('tx', utf8('from outside'));
    await waitFor('all have it', () => validators.every((node) => only(node, 'tx').length === 1));
    for (const node of validators.slice(1)) {
      assert.equal(only(node, 'tx')[0]?.carrier, 'push');
      assert.equal(only(node, 'tx')[0]?.validator, validatorIdentity(1).id);
    }
  });
});
