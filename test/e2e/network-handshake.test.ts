import assert from 'node:assert/strict';
import { errorCode } from '../../src/util/errors.ts';
import {
  eventsOf,
  NetworkCluster,
  until,
  validatorIdentity,
  validatorSet,
} from '../support/network-cluster.ts';
import { RawPeer } from '../support/raw-peer.ts';

describe('The handshake of two peers', () => {
  let cluster: NetworkCluster;
  beforeEach(() => {
    cluster = new NetworkCluster(validatorSet(1, 2, 3, 4));
  });
  afterEach(() => cluster.stop());

  async function refusalOf(settings: Parameters<NetworkCluster['start']>[1]) {
    const one = await cluster.start(1, { validator: 1 });
    const two = await cluster.start(2, { validator: 2, ...settings });
    const [address] = one.network.addresses();
    await assert.rejects(two.network.dial(address as string), (error) => errorCode(error) !== undefined);
    await until('both sides know why', () =>
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
    const { here, there } = await refusalOf({ allowPeer: () => false });
    assert.deepEqual([here.code, there.code], ['PEER_NOT_ALLOWED', 'PEER_NOT_ALLOWED']);
  });

  it('refuses a record that another peer signed', async () => {
    const node = await cluster.start(1, { validator: 1 });
    const [honest, thief] = [await RawPeer.start(1), await RawPeer.start(2)];
    try {
      const connection = await thief.connect(node.network.addresses()[0] as string);
      await assert.rejects(thief.shakeHands(connection, honest.status()), /record is of another peer/);
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
    await until('it has its slot', () => node.network.peers().length === 5);
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
    await until('the vote arrives', () => one.received.length > 0);
    assert.equal(eventsOf(one, 'peer-connected').length, 1);
  });

  it('tells the later of two live peers with one validator key not to vote (DUPLICATE_VALIDATOR_KEY)', async () => {
    const boot = await cluster.start(1, { validator: 1 });
    const bootnodes = boot.network.addresses();
    const first = await cluster.start(2, { validator: 2, bootnodes });
    await until('the first holder is known', () => boot.network.peers().length === 1);
    const second = await cluster.start(3, { validator: 2, bootnodes });
    await until('both holders know', () =>
      [first, second].every((node) => eventsOf(node, 'duplicate-validator-key').length > 0),
    );
    assert.equal(eventsOf(first, 'duplicate-validator-key')[0]?.newcomer, 'other');
    assert.equal(eventsOf(second, 'duplicate-validator-key')[0]?.newcomer, 'self');
    await until('the witness knows', () => eventsOf(boot, 'duplicate-validator-key').length === 1);
    assert.equal(eventsOf(boot, 'duplicate-validator-key')[0]?.newcomer, 'other');
  });
});
