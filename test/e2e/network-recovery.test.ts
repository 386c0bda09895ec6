import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { utf8 } from '../../src/util/bytes.ts';
import { errorCode } from '../../src/util/errors.ts';
import {
  eventsOf,
  NetworkCluster,
  only,
  type TestNode,
  validatorIdentity,
  validatorSet,
} from '../support/network-cluster.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { waitFor } from '../support/wait-for.ts';

describe('Links that break', () => {
  let cluster: NetworkCluster;
  beforeEach(() => {
    cluster = new NetworkCluster(validatorSet(1, 2, 3));
  });
  afterEach(() => cluster.stop());

  it('are closed with PUSH_SILENCE when a peer stays silent for three seconds after a frame', async () => {
    const node = await cluster.start(1, { validator: 1, loopbackTestnet: false });
    const mute = await RawPeer.start(1, validatorIdentity(2));
    try {
      await mute.host.handle('/metanode/push/1', () => undefined); // takes frames, never acknowledges one
      await mute.join(node.network.addresses()[0] as string);
      await waitFor(
        'it is connected',
        () => node.network.validatorPeer(validatorIdentity(2).id) === mute.peerId,
      );
      node.network.publish('vote', utf8('anybody there?'));
      await waitFor('it is found dead', () => eventsOf(node, 'peer-disconnected').length === 1);
      assert.equal(eventsOf(node, 'peer-disconnected')[0]?.reason.code, 'PUSH_SILENCE');
      const state = node.network
        .validatorPeerStates()
        .find(({ validator }) => validator === validatorIdentity(2).id);
      assert.equal(state?.state, 'disconnected');
    } finally {
      await mute.stop();
    }
  });

  it('stay open while both sides acknowledge, with traffic one way only', async () => {
    const [a, b] = await cluster.startMesh(2);
    assert.ok(a !== undefined && b !== undefined);
    for (let i = 0; i < 9; i++) {
      a.network.publish('vote', utf8(`vote ${i}`));
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    await waitFor('all votes arrive', () => only(b, 'vote').length === 9);
    assert.deepEqual(eventsOf(a, 'peer-disconnected'), []);
  });

  it('are none between the sides of a split network, and all are there again once it is healed', async () => {
    const [a, b, c] = await cluster.startMesh(3);
    assert.ok(a !== undefined && b !== undefined && c !== undefined);
    const bootnodes = [a, b, c].flatMap(({ network }) => network.addresses());
    const observer = await cluster.start(9, { bootnodes });
    await waitFor('the observer has three relays', () => observer.network.peers().length === 3);
    const split = (side: readonly TestNode[], other: readonly TestNode[]) => {
      for (const { network } of side) network.partition(new Set(other.map((node) => node.network.peerId)));
    };
    const lost = observer.network.fetchBlock('00'.repeat(32), { peerId: a.network.peerId });
    split([observer], [a, b, c]); // in the moment in which that request opens its stream
    split([a, b], [c, observer]);
    split([c], [a, b, observer]);
    await assert.rejects(lost);
    const peerIds = ({ network }: TestNode) => network.peers().map(({ peerId }) => peerId);
    assert.deepEqual([a, b, c, observer].map(peerIds), [[b.network.peerId], [a.network.peerId], [], []]);
    await sleep(1_000);
    assert.deepEqual([a, b, c, observer].map(peerIds), [[b.network.peerId], [a.network.peerId], [], []]);
    split([a, b, c, observer], []);
    await waitFor('all are connected again', () =>
      [a, b, c, observer].every((node) => node.network.peers().length === 3),
    );
  });

  it('are all cut by a node that isolates itself, refused meanwhile, and open again afterwards', async () => {
    const [a, b, c] = await cluster.startMesh(3);
    assert.ok(a !== undefined && b !== undefined && c !== undefined);
    c.network.isolate(600_000);
    await waitFor('nobody has it any more', () => [a, b].every((node) => node.network.peers().length === 1));
    assert.deepEqual(c.network.peers(), []);
    await assert.rejects(
      a.network.dial(c.network.addresses()[0] as string),
      (error) => errorCode(error) === 'PEER_NOT_ALLOWED',
    );
    c.network.isolate(1);
    await waitFor('all are connected again', () =>
      [a, b, c].every((node) => node.network.peers().length === 2),
    );
    a.network.publish('vote', utf8('back again'));
    await waitFor('messages arrive', () => only(c, 'vote').length === 1);
  });

  it('are dialed again when a validator comes back at the same address', async () => {
    const [a, b, c] = await cluster.startMesh(3);
    assert.ok(a !== undefined && b !== undefined && c !== undefined);
    const listen = c.network.addresses().map((address) => address.replace(/\/p2p\/.*/, ''));
    await c.network.stop();
    const gone = validatorIdentity(3).id;
    await waitFor('its absence is noticed', () =>
      [a, b].every(({ network }) => network.validatorPeer(gone) === undefined),
    );
    const state = a.network.validatorPeerStates().find(({ validator }) => validator === gone);
    assert.equal(state?.state, 'disconnected');
    const back = await cluster.start(3, { validator: 3, listen }); // knows nobody: the others must find it
    await waitFor('all are connected again', () => back.network.peers().length === 2);
    back.network.publish('vote', utf8('I am back'));
    await waitFor('its vote arrives', () => [a, b].every((node) => only(node, 'vote').length === 1));
  });

  it('go over to the new peer when a validator returns with another node key', async () => {
    const [a, b, c] = await cluster.startMesh(3);
    assert.ok(a !== undefined && b !== undefined && c !== undefined);
    await c.network.stop();
    const moved = await cluster.start(30, { validator: 3, bootnodes: a.network.addresses() });
    await waitFor('both know the new peer', () =>
      [a, b].every(({ network }) => network.validatorPeer(validatorIdentity(3).id) === moved.network.peerId),
    );
    assert.ok(a.network.sendTo(validatorIdentity(3).id, 'block', utf8('decided')));
    await waitFor('the block arrives', () => only(moved, 'block').length === 1);
    assert.deepEqual(only(b, 'block'), []);
  });

  it('follow the validator set: a member that joins is pushed to, and a stranger is not', async () => {
    const stranger = await cluster.start(4, { validator: 4 });
    const [a] = await cluster.startMesh(2);
    assert.ok(a !== undefined);
    await stranger.network.dial(a.network.addresses()[0] as string);
    await waitFor(
      'it relays like an observer',
      () => Object.keys(stranger.network.inspect().queuedBytes).length > 0,
    );
    a.network.publish('vote', utf8('before'));
    const joined = validatorSet(1, 2, 3, 4);
    for (const { network } of cluster.nodes) network.setValidators(cluster.validators, joined);
    await waitFor('it is a validator', () => a.network.validatorPeer(validatorIdentity(4).id) !== undefined);
    a.network.publish('vote', utf8('after'));
    await waitFor('the second vote arrives', () => only(stranger, 'vote').length > 0);
    assert.deepEqual(
      only(stranger, 'vote').map(({ bytes }) => new TextDecoder().decode(bytes)),
      ['after'],
    );
  });

  it('carry gossip again after the second of two crossing connections has closed', async () => {
    const one = await cluster.start(1, { validator: 1 });
    const two = await cluster.start(2, { validator: 2 });
    await Promise.all([
      one.network.dial(two.network.addresses()[0] as string),
      two.network.dial(one.network.addresses()[0] as string),
    ]);
    const bootnodes = one.network.addresses();
    const three = await cluster.start(3, { validator: 3, bootnodes });
    await cluster.start(4, { validator: 4, bootnodes });
    await waitFor('all are connected', () =>
      cluster.nodes.every(({ network }) => network.peers().length === 3),
    );
    // While somebody is missed whom another one still has, gossipsub is in use.
    for (const { network } of [one, two]) network.partition(new Set([three.network.peerId]));
    await sleep(5000); // the grace of the second connection, and what gossipsub needs to notice
    let counter = 0;
    const hasGossip = (node: TestNode) =>
      node.network.inspect().recent.some(({ carrier }) => carrier === 'relay');
    await waitFor('both hear gossip', () => {
      counter++;
      one.network.publish('vote', utf8('from one'), { counter });
      two.network.publish('vote', utf8('from two'), { counter });
      return hasGossip(one) && hasGossip(two);
    });
  });

  it('tell why a dial failed', async () => {
    const node = await cluster.start(1, { validator: 1 });
    await assert.rejects(
      node.network.dial('/ip4/127.0.0.1/tcp/1'),
      (error) => errorCode(error) === 'DIAL_FAILED',
    );
    await assert.rejects(
      node.network.dial('/ip4/127.0.0.1/udp/1'),
      (error) => errorCode(error) === 'BAD_MULTIADDR',
    );
  });

  it('end with STOPPED here and REMOTE_CLOSED there when a node stops', async () => {
    const [a, b] = await cluster.startMesh(2);
    assert.ok(a !== undefined && b !== undefined);
    await b.network.stop();
    await waitFor('both have heard', () =>
      [a, b].every((node) => eventsOf(node, 'peer-disconnected').length === 1),
    );
    assert.equal(eventsOf(a, 'peer-disconnected')[0]?.reason.code, 'REMOTE_CLOSED');
    assert.equal(eventsOf(b, 'peer-disconnected')[0]?.reason.code, 'STOPPED');
  });
});
