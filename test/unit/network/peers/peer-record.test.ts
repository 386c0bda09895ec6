import assert from 'node:assert/strict';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { keyPairFromSeed } from '../../../../src/crypto/ed25519.ts';
import type { ValidatorIdentity } from '../../../../src/network/contract.ts';
import { DuplicateKeys } from '../../../../src/network/peers/duplicate-keys.ts';
import { PeerBook } from '../../../../src/network/peers/peer-book.ts';
import { isDialable, signPeerRecord, verifyPeerRecord } from '../../../../src/network/peers/peer-record.ts';
import { type PeerRecord, PeerRecordType, peerRecordSigningBytes } from '../../../../src/types/network.ts';
import { decode, encode } from '../../../../src/types/ssz.ts';
import { ValidatorSet } from '../../../../src/types/validator.ts';

const GENESIS = 'ab'.repeat(32);

function identity(n: number): ValidatorIdentity {
  return { id: n.toString(16).padStart(64, '0'), keyPair: keyPairFromSeed(new Uint8Array(32).fill(n)) };
}

function setOf(...identities: ValidatorIdentity[]): ValidatorSet {
  return new ValidatorSet(
    identities.map(({ id, keyPair }) => ({ id, consensusKey: keyPair.publicKey, vrfKey: keyPair.publicKey })),
  );
}

async function record(
  node: number,
  sequence: number,
  validator?: ValidatorIdentity,
  addresses = ['/ip4/127.0.0.1/tcp/4001'],
): Promise<PeerRecord> {
  const seed = new Uint8Array(32).fill(100);
  seed[0] = node % 256;
  seed[1] = node >> 8;
  const peerId = peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', seed)).toString();
  return signPeerRecord(GENESIS, keyPairFromSeed(seed), validator, {
    peerId,
    role: 'validator',
    addresses,
    sequence,
  });
}

describe('A peer record', () => {
  it('verifies as signed, and after a trip over the wire', async () => {
    const signed = await record(1, 5, identity(1));
    verifyPeerRecord(GENESIS, signed);
    verifyPeerRecord(GENESIS, decode(PeerRecordType, encode(PeerRecordType, signed), 'record'));
  });

  it('is refused with BAD_PEER_RECORD when anything in it was changed', async () => {
    const signed = await record(1, 5, identity(1));
    const other = await record(2, 5, identity(2));
    const binding = signed.body.bindings[0];
    assert.ok(binding !== undefined);
    const changes: PeerRecord[] = [
      { ...signed, body: { ...signed.body, sequence: 6 } },
      { ...signed, body: { ...signed.body, role: 'observer' } },
      { ...signed, body: { ...signed.body, addresses: ['/ip4/10.0.0.1/tcp/1'] } },
      { ...signed, body: { ...signed.body, bindings: [] } },
      { ...signed, body: { ...signed.body, peerId: other.body.peerId } },
      { ...signed, body: { ...signed.body, peerId: 'not a peer id' } },
      { ...signed, signature: other.signature },
    ];
    for (const changed of changes)
      assert.throws(() => verifyPeerRecord(GENESIS, changed), { code: 'BAD_PEER_RECORD' });
    assert.throws(() => verifyPeerRecord('cd'.repeat(32), signed), { code: 'BAD_PEER_RECORD' });
  });

  it('is refused when its node key vouches for a binding that was made for another peer', async () => {
    const victim = await record(1, 5, identity(1));
    const seed = new Uint8Array(32).fill(100);
    seed[0] = 2;
    const thief = await record(2, 5);
    const body = { ...thief.body, bindings: victim.body.bindings };
    const stolen = { body, signature: keyPairFromSeed(seed).sign(peerRecordSigningBytes(GENESIS, body)) };
    assert.throws(() => verifyPeerRecord(GENESIS, stolen), { code: 'BAD_PEER_RECORD' });
  });

  it('names TCP endpoints only', () => {
    for (const good of ['/ip4/1.2.3.4/tcp/1', '/ip6/::1/tcp/80', '/dns4/example.org/tcp/443'])
      assert.ok(isDialable(good), good);
    for (const bad of ['', 'x', '/ip4/1.2.3.4', '/ip4/1.2.3.4/udp/1', '/ip4/1.2.3.4/tcp/1/ws', '/unix/tmp'])
      assert.ok(!isDialable(bad), bad);
  });
});

describe('The peer book', () => {
  it('keeps the record with the highest sequence of each peer', async () => {
    const book = new PeerBook(GENESIS);
    assert.equal(book.learn(await record(1, 5)), true);
    assert.equal(book.learn(await record(1, 4)), false);
    assert.equal(book.learn(await record(1, 6)), true);
    assert.equal(book.get((await record(1, 0)).body.peerId)?.body.sequence, 6);
  });

  it('lets the highest binding speak for a validator, and only with its current or next key', async () => {
    const book = new PeerBook(GENESIS);
    const [one, two, stranger] = [identity(1), identity(2), identity(3)];
    book.setValidators(setOf(one), setOf(one, two));
    for (const signed of [await record(1, 5, one), await record(2, 9, one), await record(3, 7, two)])
      book.learn(signed);
    const impostor = await record(4, 99, { id: one.id, keyPair: stranger.keyPair });
    book.learn(impostor);
    assert.equal(book.validatorOf(impostor), undefined);
    assert.deepEqual(
      book.recordsOf(one.id).map(({ body }) => body.sequence),
      [9, 5],
    );
    assert.deepEqual(book.validators, [one.id, two.id]);
    book.setValidators(setOf(two), setOf(two));
    assert.deepEqual(book.recordsOf(one.id), []);
  });

  it('gives up strangers before validators when it is full', async () => {
    const capacity = 8;
    const book = new PeerBook(GENESIS, capacity);
    const one = identity(1);
    book.setValidators(setOf(one), setOf(one));
    book.learn(await record(0, 1, one));
    for (let i = 1; i <= capacity; i++) book.learn(await record(i, 1));
    assert.equal(book.sample(Number.POSITIVE_INFINITY).length, capacity);
    assert.equal(book.recordsOf(one.id).length, 1);
    assert.equal(book.get((await record(1, 1)).body.peerId), undefined);
  });
});

describe('Two live peers behind one validator key', () => {
  it('are reported once, and the later one knows that it is the newcomer', async () => {
    const key = identity(1);
    const [older, newer] = [await record(1, 5, key), await record(2, 9, key)];
    const atNewer = new DuplicateKeys();
    assert.equal(atNewer.check(newer, older, [older])?.newcomer, 'self');
    assert.equal(atNewer.check(newer, older, [older]), undefined);
    assert.equal(new DuplicateKeys().check(older, newer, [newer])?.newcomer, 'other');
    const witness = await record(3, 1, identity(2));
    assert.equal(new DuplicateKeys().check(witness, newer, [older, newer])?.newcomer, 'other');
    assert.equal(new DuplicateKeys().check(witness, newer, [newer]), undefined);
  });
});
