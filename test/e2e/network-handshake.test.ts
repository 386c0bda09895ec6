import assert from 'node:assert/strict';
import { errorCode } from '../../src/util/errors.ts';
import { eventsOf, NetworkCluster, validatorIdentity, validatorSet } from '../support/network-cluster.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { waitFor } from '../support/wait-for.ts';

describe('The handshake of two peers', () => {
  let cluster: NetworkCluster;
  beforeEach(() => {
    cluster = new NetworkCluster(validatorSet(1, 2, 3, 4));
  });
  afterEach(() => cluster.stop());

  type Settings = Parameters<NetworkCluster['start']>[1];

  /** What both sides say where `two` dials `one`. */
  async function refusalOf(settingsOfTwo: Settings, settingsOfOne: Settings = {}) {
    const one = await cluster.start(1, { validator: 1, ...settingsOfOne });
    const two = await cluster.start(2, { validator: 2, ...settingsOfTwo });
    const [address] = one.network.addresses();
    await assert.rejects(two.network.dial(address as string), (error) => errorCode(error) !== undefined);
    await waitFor('both sides know why', () =>
      [one, two].every((node) => eventsOf(node, 'peer-refused').length === 1),
    );
    assert.deepEqual(one.network.peers(), []);
    assert.deepEqual(two.network.peers(), []);
    const [here] = eventsOf(one, 'peer-refused');
    const [there] = eventsOf(two, 'peer-refused');
    assert.ok(here !== undefined && there !== undefined);
    return { here: here.reason, there: there.reason };
  }

  it('ends with GENESIS_MISMATCH and both hashes on both sides when they belong to different chains', async () => {
    const other = 'cd'.repeat(32);
    const { here, there } = await refusalOf({ genesisHash: other });
    assert.equal(here.code, 'GENESIS_MISMATCH');
    assert.deepEqual(here.data, { local: 'ab'.repeat(32), remote: other });
    assert.equal(there.code, 'GENESIS_MISMATCH');
    assert.deepEqual(there.data, { local: other, remote: 'ab'.repeat(32) });
  });

  it('ends with CHAIN_ID_MISMATCH on both sides', async () => {
    const { here, there } = await refusalOf({ chainId: 8 });
    assert.deepEqual([here.code, there.code], ['CHAIN_ID_MISMATCH', 'CHAIN_ID_MISMATCH']);
  });

  it('ends with PROTOCOL_TOO_OLD on both sides when one speaks an older version', async () => {
    const { here, there } = await refusalOf({ protocolVersion: 0 });
    assert.deepEqual([here.code, there.code], ['PROTOCOL_TOO_OLD', 'PROTOCOL_TOO_OLD']);
  });

  it('tells a peer that is not on the allow-list so', async () => {
    const { here, there } = await refusalOf({}, { allowPeer: () => false });
    assert.deepEqual([here.code, there.code], ['PEER_NOT_ALLOWED', 'PEER_NOT_ALLOWED']);
  });

  it('ends with a peer that is taken off the allow-list, refuses it then, and dials it when it is back on', async () => {
    const allowed = new Set<string>();
    const allowPeer = (peerId: string) => allowed.size === 0 || allowed.has(peerId);
    const one = await cluster.start(1, { validator: 1, allowPeer });
    const two = await cluster.start(2, { validator: 2 });
    await two.network.dial(one.network.addresses()[0] as string);
    allowed.add('nobody');
    one.network.allowedChanged();
    await waitFor('both are alone', () => [one, two].every(({ network }) => network.peers().length === 0));
    assert.equal(eventsOf(one, 'peer-disconnected')[0]?.reason.code, 'PEER_NOT_ALLOWED');
    await waitFor('it is refused', () => eventsOf(one, 'peer-refused').length > 0);
    assert.ok(eventsOf(one, 'peer-refused').every(({ reason }) => reason.code === 'PEER_NOT_ALLOWED'));
    allowed.add(two.network.peerId);
    one.network.allowedChanged();
    await waitFor('they are together again', () => one.network.peers().length === 1);
  });

  it('names what keeps two nodes apart: another chain, the allow-list, or an address where nobody is', async () => {
    const one = await cluster.start(1, { validator: 1 });
    const [address] = one.network.addresses() as [string];
    const closed = address.replace(/tcp\/\d+/, 'tcp/1');
    const stranger = await cluster.start(2, { genesisHash: 'cd'.repeat(32) });
    const closedStranger = (stranger.network.addresses()[0] as string).replace(/tcp\/\d+/, 'tcp/1');
    const shy = await cluster.start(3, { allowPeer: () => false });
    const codeOf = async (node: typeof one, to: string) =>
      node.network.dial(to).then(() => 'connected', errorCode);
    assert.deepEqual(
      [await codeOf(stranger, address), await codeOf(shy, address), await codeOf(one, closedStranger)],
      ['GENESIS_MISMATCH', 'PEER_NOT_ALLOWED', 'DIAL_FAILED'],
    );
    await assert.rejects(stranger.network.dial(closed), (error: Error & { hint?: string }) => {
      assert.match(error.message, /ECONNREFUSED/);
      assert.match(error.hint ?? '', /metanode peers test/);
      return true;
    });
  });

  it('tells a peer the addresses that this node announces, by number and by name', async () => {
    const advertise = ['/ip4/203.0.113.7/tcp/4101', '/dns4/node.example/tcp/4102'];
    const one = await cluster.start(1, { validator: 1, advertise });
    const two = await cluster.start(2, { validator: 2, advertise, advertiseOnly: true });
    const named = ({ network }: typeof one) => advertise.map((address) => `${address}/p2p/${network.peerId}`);
    assert.deepEqual(two.network.addresses(), named(two));
    const [listening] = one.network.listenAddresses() as [string];
    assert.deepEqual(one.network.addresses(), [...named(one), `${listening}/p2p/${one.network.peerId}`]);
    await two.network.dial(listening);
    for (const [node, other] of [
      [one, two],
      [two, one],
    ] as const)
      assert.deepEqual(node.network.peers()[0]?.addresses, other.network.addresses());
  });

  it('refuses a record that another peer signed', async () => {
    const node = await cluster.start(1, { validator: 1 });
    const [honest, thief] = [await RawPeer.start(1), await RawPeer.start(2)];
    try {
      const connection = await thief.connect(node.network.addresses()[0] as string);
      await assert.rejects(thief.shakeHands(connection, honest.status()), /record is of another peer/);
      await waitFor('the node refuses it', () => eventsOf(node, 'peer-refused').length > 0);
      assert.equal(eventsOf(node, 'peer-refused')[0]?.reason.code, 'BAD_PEER_RECORD');
    } finally {
      await Promise.all([honest.stop(), thief.stop()]);
    }
  });

  it('refuses a binding that the validator key did not sign', async () => {
    const node = await cluster.start(1, { validator: 1 });
    const identity = validatorIdentity(2);
    const forged = {
      id: identity.id,
      keyPair: { ...validatorIdentity(3).keyPair, publicKey: identity.keyPair.publicKey },
    };
    const thief = await RawPeer.start(1, forged);
    try {
      const connection = await thief.connect(node.network.addresses()[0] as string);
      await assert.rejects(thief.shakeHands(connection), /not signed by the validator key/);
      assert.equal(node.network.validatorPeer(identity.id), undefined);
    } finally {
      await thief.stop();
    }
  });

  it('keeps slots for validators when observers fill the others', async () => {
    const node = await cluster.start(1, { validator: 1, maxPeers: 8 });
    const bootnodes = node.network.addresses();
    for (let i = 0; i < 4; i++) await (await cluster.start(10 + i)).network.dial(bootnodes[0] as string);
    const surplus = await cluster.start(20);
    await assert.rejects(surplus.network.dial(bootnodes[0] as string), { code: 'TOO_MANY_PEERS' });
    const validator = await cluster.start(2, { validator: 2 });
    await validator.network.dial(bootnodes[0] as string);
    await waitFor('it has its slot', () => node.network.peers().length === 5);
  });

  it('keeps one connection of two that cross (R08)', async () => {
    const one = await cluster.start(1, { validator: 1 });
    const two = await cluster.start(2, { validator: 2 });
    await Promise.all([
      one.network.dial(two.network.addresses()[0] as string),
      two.network.dial(one.network.addresses()[0] as string),
    ]);
    assert.equal(one.network.peers().length, 1);
    assert.equal(two.network.peers().length, 1);
    two.network.publish('vote', Uint8Array.of(1));
    await waitFor('the vote arrives', () => one.received.length > 0);
    assert.equal(eventsOf(one, 'peer-connected').length, 1);
  });

  it('tells the later of two live peers with one validator key not to vote (DUPLICATE_VALIDATOR_KEY)', async () => {
    const boot = await cluster.start(1, { validator: 1 });
    const bootnodes = boot.network.addresses();
    const first = await cluster.start(2, { validator: 2, bootnodes });
    await waitFor('the first holder is known', () => boot.network.peers().length === 1);
    const second = await cluster.start(3, { validator: 2, bootnodes });
    await waitFor('both holders know', () =>
      [first, second].every((node) => eventsOf(node, 'duplicate-validator-key').length > 0),
    );
    assert.equal(eventsOf(first, 'duplicate-validator-key')[0]?.newcomer, 'other');
    assert.equal(eventsOf(second, 'duplicate-validator-key')[0]?.newcomer, 'self');
    await waitFor('the witness knows', () => eventsOf(boot, 'duplicate-validator-key').length === 1);
    assert.equal(eventsOf(boot, 'duplicate-validator-key')[0]?.newcomer, 'other');
  });
});
