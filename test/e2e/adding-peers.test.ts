import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { PeerBans } from '../../src/network/contract.ts';
import { findObstacle } from '../../src/node/probe-peer.ts';
import { addPeer } from '../../src/rpc/add-peer.ts';
import { swarmKeyToFile } from '../../src/types/invite.ts';
import { utf8 } from '../../src/util/bytes.ts';
import { eventsOf, NetworkCluster, type TestNode, validatorSet } from '../support/network-cluster.ts';
import { freePort } from '../support/ports.ts';
import { waitFor } from '../support/wait-for.ts';

const CHAIN = { chainId: 7, genesisHash: 'ab'.repeat(32) };
const swarmKey = (byte: number) => utf8(swarmKeyToFile(new Uint8Array(32).fill(byte)));

/** Bans that a test changes, and who was sent away. */
class Bans implements PeerBans {
  readonly peers = new Set<string>();
  refused = 0;
  has(peerId: string): boolean {
    return this.peers.has(peerId);
  }
  noteRefused(peerId: string): void {
    if (this.has(peerId)) this.refused++;
  }
}

describe('Peers that an operator adds, removes and bans', () => {
  let cluster: NetworkCluster;
  beforeEach(() => {
    cluster = new NetworkCluster(validatorSet(1, 2));
  });
  afterEach(() => cluster.stop());

  const addressOf = ({ network }: TestNode) => network.addresses()[0] as string;
  const isConnected = (node: TestNode, other: TestNode) =>
    node.network.peers().some(({ peerId }) => peerId === other.network.peerId);

  /** What `admin_addPeer` does on a node. */
  const add = ({ network }: TestNode, address: string, key?: Uint8Array) =>
    addPeer(
      { dial: (to) => network.dial(to), findObstacle: (to) => findObstacle(to, CHAIN, key) },
      address,
      60_000,
      new AbortController().signal,
    );

  /** Starts a node that dials these from the start on; with the codes in its log. */
  async function startWithLog(bootnodes: readonly string[], key?: Uint8Array) {
    const codes = new Set<unknown>();
    const lines = new Writable({
      write(line, _encoding, done) {
        codes.add(JSON.parse(String(line)).code);
        done();
      },
    });
    const node = await cluster.start(1, {
      bootnodes,
      logger: pino(lines),
      loopbackTestnet: false, // there, dials have half a minute
      findObstacle: (address) => findObstacle(address, CHAIN, key),
      ...(key === undefined ? {} : { swarmKey: key }),
    });
    return { node, codes };
  }

  it('are added where nothing is in the way, otherwise the step that fails is named, in the log too', async function () {
    this.timeout(600_000);
    const open = await cluster.start(2);
    const secret = await cluster.start(3, { swarmKey: swarmKey(1) });
    const foreign = await cluster.start(4, { genesisHash: 'cd'.repeat(32) });
    const strict = await cluster.start(5, { allowPeer: () => false });
    const closed = `/ip4/127.0.0.1/tcp/${await freePort()}`;
    const bootnodes = [closed, ...[secret, foreign, strict].map(addressOf)];
    const { node, codes } = await startWithLog(bootnodes);
    assert.deepEqual(await add(node, addressOf(open)), { peerId: open.network.peerId });

    const other = addressOf(foreign).replace(foreign.network.peerId, open.network.peerId);
    const failures: readonly (readonly [string, string])[] = [
      ['nowhere', 'BAD_MULTIADDR'],
      ['/dns4/nowhere.invalid/tcp/4101', 'NAME_NOT_FOUND'],
      [closed, 'CONNECTION_REFUSED'],
      [addressOf(secret), 'SWARM_KEY_NEEDED'],
      [addressOf(foreign), 'GENESIS_MISMATCH'],
      [addressOf(strict), 'PEER_NOT_ALLOWED'],
    ];
    for (const [address, code] of failures) await assert.rejects(add(node, address), { code }, address);
    const expected = failures.filter(([address]) => bootnodes.includes(address)).map(([, code]) => code);
    assert.equal(expected.length, bootnodes.length);
    await waitFor('the log names them', () => expected.every((code) => codes.has(code)));
    assert.ok(!codes.has('DIAL_FAILED'));
    // Asked for a peer that is connected already, libp2p answers with that connection.
    await open.network.stop();
    await waitFor('it is gone', () => !isConnected(node, open));
    await assert.rejects(add(node, other), { code: 'PEER_ID_MISMATCH' });
  });

  it('are not added with a wrong swarm key, nor with one that is not used there', async function () {
    this.timeout(600_000); // what the other key makes of the first bytes is random, and may be the wait for more
    const key = swarmKey(2);
    const secret = await cluster.start(2, { swarmKey: swarmKey(1) });
    const open = await cluster.start(3);
    const { node, codes } = await startWithLog([addressOf(secret)], key);
    await assert.rejects(add(node, addressOf(secret), key), { code: 'SWARM_KEY_MISMATCH_LIKELY' });
    await assert.rejects(add(node, addressOf(open), key), { code: 'SWARM_KEY_NOT_USED_THERE' });
    const friend = await cluster.start(4, { swarmKey: key });
    assert.deepEqual(await add(node, addressOf(friend), key), { peerId: friend.network.peerId });
    await waitFor('the log names it', () => codes.has('SWARM_KEY_MISMATCH_LIKELY'));
  });

  it('are not dialed after they were removed, until they are added again', async () => {
    const boot = await cluster.start(1);
    // Once with its peer id and once without: both must be left alone.
    for (const [index, bootnode] of [
      [2, addressOf(boot)],
      [3, addressOf(boot).replace(/\/p2p\/.*/, '')],
    ] as const) {
      const node = await cluster.start(index, { bootnodes: [bootnode] });
      await waitFor('the boot node is dialed', () => isConnected(node, boot));
      assert.equal(node.network.removePeer(boot.network.peerId), true);
      await waitFor('it is gone', () => !isConnected(node, boot));
      const [left] = eventsOf(node, 'peer-disconnected');
      assert.equal(left?.reason.code, 'PEER_REMOVED');
      await sleep(1_000); // the first redial would come after 0.3 s at the latest
      assert.equal(isConnected(node, boot), false);
      assert.equal(node.network.removePeer(boot.network.peerId), false);
      await add(node, bootnode);
      assert.ok(isConnected(node, boot));
    }
  });

  it('are cut off when they are banned, refused whoever dials, and come back when they may', async () => {
    const bans = new Bans();
    const node = await cluster.start(1, { validator: 1, bans });
    const other = await cluster.start(2, { validator: 2, bootnodes: [addressOf(node)] });
    await waitFor('both are connected', () => isConnected(node, other) && isConnected(other, node));
    bans.peers.add(other.network.peerId);
    node.network.allowedChanged();
    await waitFor('it is gone', () => !isConnected(node, other) && !isConnected(other, node));
    assert.equal(eventsOf(node, 'peer-disconnected')[0]?.reason.code, 'PEER_BANNED');
    await waitFor('its redials are refused', () => bans.refused >= 2);
    assert.deepEqual([isConnected(node, other), isConnected(other, node)], [false, false]);
    await assert.rejects(add(node, addressOf(other)), { code: 'PEER_BANNED' });
    const nameless = addressOf(other).replace(/\/p2p\/.*/, '');
    await assert.rejects(node.network.dial(nameless), { code: 'DIAL_FAILED' });
    assert.equal(isConnected(node, other), false);
    bans.peers.clear();
    node.network.allowedChanged();
    await waitFor('it is back', () => isConnected(node, other) && isConnected(other, node));
  });
});
