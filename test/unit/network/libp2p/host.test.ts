import '../../../../src/util/promise-with-resolvers.ts';
import assert from 'node:assert/strict';
import { generateKeyPair, generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import type { PeerId } from '@libp2p/interface';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { createLibp2p, type Libp2p } from 'libp2p';
import { hostKey } from '../../../../src/network/libp2p/host-key.ts';
import { skipStreamNotes } from '../../../../src/network/libp2p/stream-notes.ts';
import { utf8 } from '../../../../src/util/bytes.ts';

describe('the key of a host', () => {
  it('is the one that libp2p derives from the seed', async () => {
    for (const byte of [0, 1, 128, 255]) {
      const seed = new Uint8Array(32).fill(byte);
      const [own, reference] = [hostKey(seed), await generateKeyPairFromSeed('Ed25519', seed)];
      assert.ok(own.equals(reference));
      const signature = await own.sign(utf8('message'));
      assert.ok(await reference.publicKey.verify(utf8('message'), signature));
    }
  });
});

describe('notes of streams in the peer store', () => {
  let host: Libp2p;
  let other: PeerId;

  beforeEach(async () => {
    host = await createLibp2p({ start: false });
    other = peerIdFromPrivateKey(await generateKeyPair('Ed25519'));
    skipStreamNotes(host);
  });

  it('are not made of one protocol of another peer', async () => {
    await host.peerStore.merge(other, { protocols: ['/push/1'] });
    assert.equal(await host.peerStore.has(other), false);
  });

  it('are made of all else: what identify says, and of what the host itself handles', async () => {
    await host.peerStore.patch(other, { protocols: ['/push/1', '/identify/1'] });
    await host.peerStore.merge(other, { metadata: { AgentVersion: utf8('metanode') } });
    await host.peerStore.merge(other, { protocols: ['/push/1'] });
    const { protocols, metadata } = await host.peerStore.get(other);
    assert.deepEqual([...protocols].sort(), ['/identify/1', '/push/1']);
    assert.deepEqual([...metadata.keys()], ['AgentVersion']);
    await host.peerStore.merge(host.peerId, { protocols: ['/push/1'] });
    assert.deepEqual((await host.peerStore.get(host.peerId)).protocols, ['/push/1']);
  });
});
