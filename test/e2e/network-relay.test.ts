import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Verdict } from '../../src/network/contract.ts';
import { utf8 } from '../../src/util/bytes.ts';
import {
  NetworkCluster,
  only,
  type TestNode,
  until,
  validatorIdentity,
  validatorSet,
} from '../support/network-cluster.ts';

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
    await until('the line stands', () => middle.network.peers().length === 2);
    const meshOf = ({ network }: TestNode, size: number) =>
      network
        .inspect()
        .topics.every(({ mesh, subscribers }) => mesh.length === size && subscribers.length === size);
    await until('every mesh stands', () => meshOf(left, 1) && meshOf(middle, 2) && meshOf(right, 1));
    return { left, middle, right };
  }

  it('arrive through gossipsub when they are sent again, each counter once more (R02)', async () => {
    const { left, middle, right } = await line();
    const vote = utf8('round change');
    let counter = 0;
    const resend = () => left.network.publish('vote', vote, { counter: ++counter });
    await until('the far end has it', () => {
      if (only(right, 'vote').length === 0) resend(); // the first ones may be sent before gossipsub's streams are open
      return only(right, 'vote').length > 0;
    });
    assert.equal(only(right, 'vote')[0]?.carrier, 'relay');
    assert.equal(only(right, 'vote')[0]?.from, middle.network.peerId);
    const gossiped = () =>
      right.network.inspect().recent.filter(({ carrier, topic }) => carrier === 'relay' && topic === 'vote');
    const lastCounter = counter + 3;
    while (counter < lastCounter) resend();
    await until('the last counter was passed on', () =>
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
    await until('the neighbour has it by gossip', () => {
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
    await until('the neighbour checks it', () => release !== undefined);
    await sleep(300);
    assert.deepEqual(only(right, 'vote'), []);
    release?.();
    await until('the far end has it', () => only(right, 'vote').length > 0);
    assert.deepEqual(
      only(right, 'vote').map(({ bytes }) => new TextDecoder().decode(bytes)),
      ['slow'],
    );
  });

  it('are not passed on by gossipsub when they came by push as a first send', async () => {
    const [a, b] = await cluster.startMesh(2);
    assert.ok(a !== undefined && b !== undefined);
    a.network.publish('vote', utf8('first'));
    await until('it arrives', () => only(b, 'vote').length === 1);
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
    await until('three validators relay', isRelaying);
    const [first] = validators;
    assert.ok(first !== undefined);
    // A stream that was opened a moment ago may not be known to the validator yet.
    await until('relayed', () => {
      for (const { network } of validators) network.relayToObservers('block', () => utf8('block 1'));
      return only(observer, 'block').length > 0;
    });
    first.network.publish('vote', utf8('a vote'));
    first.network.publish('tx', utf8('a batch'));
    await until('the batch arrives', () => only(observer, 'tx').length > 0);
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
    await until('it is linked', () => Object.keys(observer.network.inspect().queuedBytes).length === 1);
    observer.network.publish('tx', utf8('from outside'));
    await until('all have it', () => validators.every((node) => only(node, 'tx').length === 1));
    for (const node of validators.slice(1)) {
      assert.equal(only(node, 'tx')[0]?.carrier, 'push');
      assert.equal(only(node, 'tx')[0]?.validator, validatorIdentity(1).id);
    }
  });
});
