import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  assertFresh,
  inviteFromText,
  inviteToText,
  swarmKeyFromFile,
  swarmKeyToFile,
} from '../../../src/types/invite.ts';
import { LIMITS } from '../../../src/util/limits.ts';

const address = '/ip4/203.0.113.7/tcp/4101/p2p/12D3KooWGRUfh3kPmoBjDkJ3GgUBYNsbxBBmCBBB7ZpRZ1x5Dfnd';
const invite = {
  chainId: 7,
  genesisHash: 'ab'.repeat(32),
  addresses: [address, '/dns4/node.example/tcp/4101'],
  swarmKey: new Uint8Array(32).fill(5),
  expiresMs: 1_000_000,
  sealedSwarmKey: new Uint8Array(),
};

const invites = fc.record(
  {
    chainId: fc.nat(),
    genesisHash: fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .map((bytes) => Buffer.from(bytes).toString('hex')),
    addresses: fc.array(fc.string({ maxLength: LIMITS.maxMultiaddrBytes / 4 }), {
      minLength: 1,
      maxLength: LIMITS.maxAddressesPerPeer,
    }),
    swarmKey: fc
      .constantFrom(0, 32)
      .chain((length) => fc.uint8Array({ minLength: length, maxLength: length })),
    expiresMs: fc.nat(),
    sealedSwarmKey: fc.constant(new Uint8Array()),
  },
  { noNullPrototype: true },
);

describe('An invite', () => {
  it('says after its text form what it said before', () => {
    fc.assert(
      fc.property(invites, (one) => {
        assert.deepEqual(inviteFromText(inviteToText(one)), one);
      }),
    );
  });

  it('is one line without capital letters, and white space around it does not matter', () => {
    const text = inviteToText(invite);
    assert.match(text, /^mninv1[0-9a-z]+$/);
    assert.deepEqual(inviteFromText(`  ${text}\n`), invite);
  });

  it('fits in its bound at its largest', () => {
    const addresses = Array.from({ length: LIMITS.maxAddressesPerPeer }, () =>
      'a'.repeat(LIMITS.maxMultiaddrBytes),
    );
    assert.deepEqual(inviteFromText(inviteToText({ ...invite, addresses })).addresses, addresses);
  });

  it('is refused when any one character of it is another', () => {
    const text = inviteToText(invite);
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === 'q' ? 'p' : 'q';
      const wrong = `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
      assert.throws(() => inviteFromText(wrong), { code: 'MALFORMED_INVITE' });
    }
  });

  it('is taken until it ends', () => {
    assertFresh(invite, 1_000_000);
    assert.throws(() => assertFresh(invite, 1_000_001), { code: 'INVITE_EXPIRED' });
  });

  it('is refused when it is cut, of another kind, without addresses, or far too long', () => {
    const text = inviteToText(invite);
    const empty = inviteToText({ ...invite, addresses: [] });
    const short = inviteToText({ ...invite, swarmKey: new Uint8Array(31) });
    for (const wrong of ['', text.slice(0, -1), 'meta1qqqq', empty, short, `mninv1${'q'.repeat(100_000)}`])
      assert.throws(() => inviteFromText(wrong), { code: 'MALFORMED_INVITE' });
  });
});

describe('A swarm key file', () => {
  it('holds the key that it was made of, and anything else is refused', () => {
    assert.deepEqual(swarmKeyFromFile(swarmKeyToFile(invite.swarmKey)), invite.swarmKey);
    for (const wrong of ['', 'ab'.repeat(32), '/key/swarm/psk/1.0.0/\n/base16/\nabcd\n'])
      assert.throws(() => swarmKeyFromFile(wrong), { code: 'MALFORMED_SWARM_KEY' });
  });
});
