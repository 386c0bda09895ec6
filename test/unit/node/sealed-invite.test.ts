import assert from 'node:assert/strict';
import { openInvite, sealInvite } from '../../../src/node/sealed-invite.ts';
import { inviteFromText, inviteToText } from '../../../src/types/invite.ts';

const invite = {
  chainId: 7,
  genesisHash: 'ab'.repeat(32),
  expiresMs: 1_000_000,
  addresses: ['/dns4/node.example/tcp/4101'],
  swarmKey: new Uint8Array(32).fill(5),
  sealedSwarmKey: new Uint8Array(),
};

describe('An invite to a private network', () => {
  it('may hold its swarm key under a passphrase, which opens that very invite only', async () => {
    const sealed = inviteFromText(inviteToText(await sealInvite(invite, 'tidy otter brick')));
    assert.equal(sealed.swarmKey.length, 0);
    assert.ok(!Buffer.from(sealed.sealedSwarmKey).includes(Buffer.from(invite.swarmKey)));
    assert.deepEqual(await openInvite(sealed, 'tidy otter brick'), invite);
    await assert.rejects(openInvite(sealed, undefined), { code: 'PASSPHRASE_REQUIRED' });
    await assert.rejects(openInvite(sealed, 'tidy otter'), { code: 'WRONG_PASSPHRASE' });
    const elsewhere = { ...sealed, addresses: ['/ip4/198.51.100.1/tcp/4101'] };
    await assert.rejects(openInvite(elsewhere, 'tidy otter brick'), { code: 'WRONG_PASSPHRASE' });
    assert.deepEqual(await openInvite(invite, undefined), invite);
  });
});
