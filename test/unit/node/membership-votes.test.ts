import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MembershipVotes } from '../../../src/node/membership-votes.ts';
import { loadAccountKey, makeNodeKeys } from '../../../src/node/node-keys.ts';
import { bpciPort } from '../../../src/node/ports/bpci-port.ts';
import { dataDirPaths } from '../../../src/storage/data-dir.ts';
import { addressToText } from '../../../src/types/address.ts';
import { BPCI } from '../../../src/types/operations/bpci.ts';
import { encodeOperation } from '../../../src/types/operations/catalog.ts';
import { silentLogger } from '../../../src/util/logger.ts';
import type { ValidatorIdentity } from '../../../testnet/identities.ts';
import { ChainWorld } from '../../support/chain.ts';
import { ExecutingRpc } from '../../support/executing-rpc.ts';
import { RpcNode } from '../../support/rpc-ports.ts';

const EXPIRY_MS = 4_000;

describe('The votes of a validator on the membership of others', () => {
  let rpc: ExecutingRpc;
  let own: MembershipVotes;
  let self: ValidatorIdentity;
  let other: ValidatorIdentity;
  let third: ValidatorIdentity;
  let address: string;

  beforeEach(async () => {
    const world = new ChainWorld({ parameters: { validatorVoteExpiryMs: EXPIRY_MS } });
    [self, , third, other] = world.validators as [
      ValidatorIdentity,
      unknown,
      ValidatorIdentity,
      ValidatorIdentity,
    ];
    address = addressToText(other.account.address);
    rpc = await ExecutingRpc.open(({ chain, pool }) => {
      own = new MembershipVotes({
        chain,
        pool,
        validator: self.account.address,
        accountKey: async () => self.account.keys,
        clock: world.clock,
        logger: silentLogger,
      });
      const consensus = {
        ...new RpcNode().ports().consensus,
        self: self.account.address,
        membershipVotes: own,
      };
      return { bpci: bpciPort(chain), consensus };
    }, world);
  });
  const extend = async () => rpc.world.extend(rpc.node);
  const pending = async () => rpc.call('ibft_getPendingVotes', {});
  const remove = { candidate: '', decision: 'remove' as const };

  it('stand on the chain after the next block, and are forgotten once they took effect', async () => {
    const { member, decision } = await rpc.call('ibft_proposeValidatorVote', { address, add: false });
    assert.deepEqual([member, decision], [address, 'remove']);
    await rpc.rejects('ibft_proposeValidatorVote', { address, add: false }, 'ALREADY_VOTED');
    await extend();
    const { votes, proposed } = await pending();
    const voter = addressToText(self.account.address);
    assert.deepEqual(
      votes.map((vote) => [vote.member, vote.voter, vote.decision]),
      [[address, voter, 'remove']],
    );
    assert.deepEqual(
      proposed.map((vote) => [vote.member, vote.decision]),
      [[address, 'remove']],
    );
    await rpc.rejects('ibft_proposeValidatorVote', { address, add: false }, 'ALREADY_VOTED');
    const operation = encodeOperation(BPCI.operations.ValVote, {
      ...remove,
      candidate: other.account.address,
    });
    for (const { account } of rpc.world.validators.slice(1, 3)) await rpc.run(account, 'bpci', [operation]);
    assert.equal(rpc.node.chain.nextValidators.has(other.account.address), false, 'three of four have voted');
    assert.deepEqual(await pending(), { ...(await pending()), votes: [], proposed: [] });
  });

  it('are renewed when they expire without effect, until they are discarded', async () => {
    const first = await rpc.call('ibft_proposeValidatorVote', { address, add: false });
    const another = addressToText(third.account.address);
    const second = await rpc.call('ibft_proposeValidatorVote', { address: another, add: false });
    await extend();
    const txIds = new Set([first.txId, second.txId]);
    const pass = async (blocks: number) => {
      for (let i = 0; i < blocks; i++) {
        await extend();
        await new Promise(setImmediate);
        for (const { txId } of (await pending()).proposed) txIds.add(txId);
      }
    };
    await pass(5);
    assert.equal(txIds.size, 4);
    assert.equal((await pending()).votes.length, 2, 'the renewed votes stand');
    assert.deepEqual(await rpc.call('ibft_discardValidatorVote', { address: another }), { discarded: true });
    assert.deepEqual(await rpc.call('ibft_discardValidatorVote', { address }), { discarded: true });
    assert.deepEqual(await rpc.call('ibft_discardValidatorVote', { address }), { discarded: false });
    await pass(7);
    assert.equal(txIds.size, 4);
    assert.deepEqual((await pending()).votes, []);
    own.stop();
  });

  it('are refused where the ledger would refuse them, and on a node without a validator', async () => {
    await rpc.rejects('ibft_proposeValidatorVote', { address, add: true }, 'VOTE_POINTLESS');
    const stranger = addressToText(rpc.world.alice.address);
    await rpc.rejects('ibft_proposeValidatorVote', { address: stranger, add: true }, 'MEMBER_NOT_FOUND');
    const observer = await ExecutingRpc.open(() => {
      const { consensus } = new RpcNode().ports();
      return { consensus: { ...consensus, membershipVotes: undefined } };
    });
    await observer.rejects('ibft_proposeValidatorVote', { address, add: false }, 'NOT_A_VALIDATOR');
  });

  it('need the key of the account in the data directory, and no other', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'metanode-account-key-'));
    try {
      const paths = dataDirPaths(directory);
      const { account, consensus, vrf } = self;
      const validator = { id: account.address, consensusSeed: consensus.seed, vrfSeed: vrf.seed };
      await makeNodeKeys(paths, { validator, password: undefined });
      const load = async (id: string) => loadAccountKey(paths, id, { insecureKeys: true });
      await assert.rejects(load(account.address), { code: 'ACCOUNT_KEY_MISSING' });
      rmSync(paths.keys, { recursive: true });
      const accountSeed = account.keys.seed;
      await makeNodeKeys(paths, { validator: { ...validator, accountSeed }, password: undefined });
      assert.equal((await load(account.address)).publicKey, account.keys.publicKey);
      await assert.rejects(load(other.account.address), { code: 'ACCOUNT_KEY_MISSING' });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
