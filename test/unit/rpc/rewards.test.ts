import assert from 'node:assert/strict';
import { withApprovals } from '../../../src/client/approvals.ts';
import { economyPort } from '../../../src/node/ports/economy-port.ts';
import { addressToText } from '../../../src/types/address.ts';
import { TOKENS } from '../../../src/types/names.ts';
import { encodeOperation } from '../../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../../src/types/operations/economy.ts';
import { deriveAuthorityKeys } from '../../../testnet/identities.ts';
import { CHAIN_SEED } from '../../support/chain.ts';
import { ExecutingRpc } from '../../support/executing-rpc.ts';

const { OwnerAccount } = ECONOMY.operations;

describe('economy_getRewards and economy_getSupply', () => {
  let rpc: ExecutingRpc;
  beforeEach(async () => {
    rpc = await ExecutingRpc.open(({ chain }) => ({ economy: economyPort(chain) }));
  });

  it('tell what signers earned of a block that is final, and what the treasury got of it', async () => {
    const { world, node } = rpc;
    const before = await Promise.all(world.validators.map(({ account }) => flx(account.address)));
    const { charges } = await rpc.run(world.alice, 'economy', [world.payment(5n)]);
    await world.extend(node);
    const pool = (charges[0]?.amount as bigint) / 2n;
    const { tokens: supply, ok } = await rpc.call('economy_getSupply', {});
    const supplied = supply.find(({ token }) => token === 'FLX');
    let paid = 0n;
    for (const [i, { account }] of world.validators.entries()) {
      const address = addressToText(account.address);
      const { tokens, owner } = await rpc.call('economy_getRewards', { address });
      assert.deepEqual(
        tokens.map(({ token }) => token),
        TOKENS,
      );
      assert.equal(owner, null);
      const { miner, provider, proposer, signer, earned } = tokens.find(({ token }) => token === 'FLX') ?? {};
      assert.deepEqual([provider, earned], ['0', sumOf(miner, proposer, signer)]);
      assert.equal((await flx(account.address)) - (before[i] as bigint), BigInt(earned as string));
      paid += BigInt(earned as string);
    }
    assert.ok(paid > 0n);
    assert.deepEqual([ok, supplied?.treasury], [true, String(pool - paid)]);
    assert.equal(supplied?.burned, String((charges[0]?.amount as bigint) - pool));
  });

  it('tell the owner of the network what waits for it', async () => {
    const { world } = rpc;
    const { alice, bob, genesisHash } = world;
    const target = { authority: 'owner', sender: alice.address, ledger: 'economy', nonce: 0n } as const;
    const keys = deriveAuthorityKeys(CHAIN_SEED).owner;
    const operation = { account: bob.address, approvals: [] };
    const approved = withApprovals(genesisHash, target, keys, OwnerAccount, operation);
    assert.equal((await rpc.run(alice, 'economy', [encodeOperation(OwnerAccount, approved)])).status, 0);
    const { owner } = await rpc.call('economy_getRewards', { address: addressToText(bob.address) });
    const nothing = { accrued: '0', vesting: '0', escrow: '0' };
    assert.deepEqual(owner, {
      ...{ held: false, month: 0 },
      tokens: TOKENS.map((token) => ({ token, ...nothing })),
    });
  });

  async function flx(address: string): Promise<bigint> {
    const params = { address: addressToText(address), token: 'FLX' } as const;
    return BigInt((await rpc.call('economy_getBalance', params)).balances[0]?.amount as string);
  }
});

function sumOf(...amounts: (string | undefined)[]): string {
  return String(amounts.reduce((sum, amount) => sum + BigInt(amount as string), 0n));
}
