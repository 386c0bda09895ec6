import assert from 'node:assert/strict';
import { utf8 } from '../../src/util/bytes.ts';
import { NetworkCluster, only, until, validatorIdentity, validatorSet } from '../support/network-cluster.ts';

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

  it('pushes what each validator publishes to all others, once and in the order of sending', async () => {
    for (const [i, { network }] of nodes.entries())
      for (let k = 0; k < 20; k++) network.publish('vote', utf8(`${i}:${k}`));
    await until('all votes have arrived', () => nodes.every((node) => only(node, 'vote').length >= 120));
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
