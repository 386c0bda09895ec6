import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Network } from '../../src/network/contract.ts';
import { toHex, utf8 } from '../../src/util/bytes.ts';
import {
  NetworkCluster,
  only,
  type TestNode,
  validatorIdentity,
  validatorSet,
} from '../support/network-cluster.ts';
import { waitFor } from '../support/wait-for.ts';

describe('A network of seven validators that know one boot peer', () => {
  const cluster = new NetworkCluster(validatorSet(1, 2, 3, 4, 5, 6, 7));
  let nodes: Awaited<ReturnType<NetworkCluster['startMesh']>>;

  before(async () => {
    nodes = await cluster.startMesh(7);
  });
  after(() => cluster.stop());

  it('connects every validator with every other by peer exchange and binds each to its peer', () => {
    for (const { network } of nodes)
      for (const [i, other] of nodes.entries()) {
        const { id } = validatorIdentity(i + 1);
        if (other.network !== network) assert.equal(network.validatorPeer(id), other.network.peerId);
      }
    const states = nodes[0]?.network.validatorPeerStates().map(({ state }) => state);
    assert.deepEqual([...(states ?? [])].sort(), [...Array(6).fill('connected'), 'self']);
  });

  it('lets each learn from the others who is connected with whom', async () => {
    const [first, ...others] = nodes.map(({ network }) => network);
    await waitFor('all report all others', () => {
      void first?.askForEdges();
      return first?.edgeReports().filter(({ peers }) => peers.length === others.length - 1).length === 6;
    });
    const reports = first?.edgeReports() ?? [];
    assert.deepEqual(reports.map(({ by }) => by).sort(), others.map(({ peerId }) => peerId).sort());
    for (const { by, peers, isPartial } of reports) {
      const expected = others.map(({ peerId }) => peerId).filter((peerId) => peerId !== by);
      assert.deepEqual([...peers].sort(), expected.sort());
      assert.equal(isPartial, false);
    }
    for (const [i, { peerId }] of others.entries())
      assert.equal(first?.validatorOfPeer(peerId), validatorIdentity(i + 2).id);
  });

  it('pushes what each validator publishes to all others, once and in the order of sending', async () => {
    for (const [i, { network }] of nodes.entries())
      for (let k = 0; k < 20; k++) network.publish('vote', utf8(`${i}:${k}`));
    await waitFor('all votes have arrived', () => nodes.every((node) => only(node, 'vote').length >= 120));
    for (const [i, node] of nodes.entries())
      for (const [j, sender] of nodes.entries()) {
        const texts = only(node, 'vote')
          .filter((message) => message.from === sender.network.peerId)
          .map((message) => new TextDecoder().decode(message.bytes));
        assert.deepEqual(texts, i === j ? [] : Array.from({ length: 20 }, (_, k) => `${j}:${k}`));
      }
    assert.ok(only(nodes[0] as never, 'vote').every(({ carrier }) => carrier === 'push'));
  });
});

describe('A network of more validators than talk to all at once', () => {
  const COUNT = 10;
  const indexes = Array.from({ length: COUNT }, (_, i) => i + 1);
  const cluster = new NetworkCluster(validatorSet(...indexes));
  let height = 5;
  const head = () => ({ height, hash: '11'.repeat(32) });
  let networks: Network[];

  before(async () => {
    const boot = await cluster.start(1, { validator: 1, head });
    const bootnodes = boot.network.addresses();
    const others = await Promise.all(
      indexes.slice(1).map((i) => cluster.start(i, { validator: i, bootnodes, head })),
    );
    networks = [boot, ...others].map(({ network }) => network);
  });
  after(() => cluster.stop());

  it('reaches everyone before everyone has met everyone: peers pass votes on', async () => {
    await waitFor('all reach all', () =>
      networks.every((network) => network.reachableValidators().length === COUNT),
    );
    const hasAll = (node: TestNode) =>
      new Set(only(node, 'vote').map(({ bytes }) => toHex(bytes))).size === COUNT - 1;
    let counter = 0;
    await waitFor('all have all votes', async () => {
      for (const [i, network] of networks.entries())
        network.publish('vote', utf8(`vote of ${i}`), { counter });
      counter++;
      await sleep(250);
      return cluster.nodes.every(hasAll);
    });
    assert.ok(networks.some((network) => network.peers().length < COUNT - 1));
    assert.ok(cluster.nodes.some((node) => only(node, 'vote').some(({ carrier }) => carrier === 'relay')));
  });

  it('meets the others once the chain goes on', async () => {
    height++;
    await waitFor('everyone is connected with everyone', () =>
      networks.every((network) => network.peers().length === COUNT - 1),
    );
  });
});
