import assert from 'node:assert/strict';
import { beginBlock } from '../../../../../src/ledger/begin-block.ts';
import {
  type Account,
  balanceAccount,
  lockedAccount,
  poolAccount,
  TREASURY,
} from '../../../../../src/ledger/economy/account.ts';
import { amountOf } from '../../../../../src/ledger/economy/books.ts';
import { earningsOf } from '../../../../../src/ledger/economy/rewards/earnings.ts';
import { endBlock } from '../../../../../src/ledger/end-block.ts';
import { buildSection } from '../../../../../src/ledger/section.ts';
import { encodeOperation } from '../../../../../src/types/operations/catalog.ts';
import { DOCKLOCK } from '../../../../../src/types/operations/docklock.ts';
import { ECONOMY } from '../../../../../src/types/operations/economy.ts';
import { REWARD_SYSTEM_RECEIPTS } from '../../../../../src/types/operations/economy-rewards.ts';
import { PROPOSER_RANK } from '../../../../../src/types/section.ts';
import { NO_USAGE } from '../../../../../src/types/step-receipt.ts';
import { readSystemReceipt } from '../../../../../src/types/system-receipt.ts';
import {
  batchOf,
  operator,
  owner,
  startedChain,
  step,
  stranger,
} from '../../../../support/docklock-ledger.ts';
import { certificateOf } from '../../../../support/foreign-chain.ts';
import { actor, LedgerChain, testGenesis } from '../../../../support/ledger-chain.ts';
import { minedBy } from '../../../../support/mined.ts';

const { JobFeesSettled, SectionRewarded, ProvidersRewarded } = REWARD_SYSTEM_RECEIPTS;
const alice = actor('alice');
const bob = actor('bob');
/** By id, as certificates count them. */
const validators = ['a', 'b', 'c', 'd']
  .map((name) => actor(`validator ${name}`))
  .sort((x, y) => (x.address < y.address ? -1 : 1));
const [first, second, third, fourth] = validators.map(({ address }) => address) as [
  string,
  string,
  string,
  string,
];

function newChain(): LedgerChain {
  return new LedgerChain(testGenesis({ validators, accounts: [alice, bob] }));
}

const transfer = (chain: LedgerChain) =>
  chain.transaction(alice, 'economy', [
    encodeOperation(ECONOMY.operations.Transfer, {
      to: bob.address,
      token: 'FLX',
      amount: 5n,
      reference: '',
    }),
  ]);

const flx = (chain: LedgerChain, account: Account) => amountOf(chain.state.reader('economy'), account, 'FLX');

/** The next block without transactions, with a certificate of the last one that some did not sign. */
function finalise(chain: LedgerChain, silent: readonly number[] = []) {
  const header = { height: chain.height, blockHash: 'ab'.repeat(32) };
  return chain.block([], 1_000, certificateOf(header, chain.genesis.validators.length, silent));
}

describe('The fees of a section', () => {
  it('wait in its pool, and are shared in the next block by the certificate in it', () => {
    const chain = newChain();
    chain.mined = minedBy(first, second, 1);
    const { receipts } = chain.block([transfer(chain)]);
    const pool = (receipts[0]?.charges[0]?.amount as bigint) / 2n;
    assert.equal(flx(chain, poolAccount('economy')), pool);
    const before = validators.map(({ address }) => flx(chain, balanceAccount(address)));

    chain.mined = minedBy(fourth);
    const { systemReceipts } = finalise(chain, [3]);
    const minerReward = (pool * 36n) / 100n;
    const proposerReward = (pool * 6n) / 100n;
    const signerReward = pool / 30n;
    assert.deepEqual(
      validators.map(({ address }, i) => flx(chain, balanceAccount(address)) - (before[i] as bigint)),
      [proposerReward + signerReward, minerReward + signerReward, signerReward, 0n],
    );
    const treasury = pool - minerReward - proposerReward - 3n * signerReward;
    assert.equal(flx(chain, TREASURY), treasury);
    assert.equal(flx(chain, poolAccount('economy')), 0n);
    const told = systemReceipts.flatMap((receipt) => readSystemReceipt(SectionRewarded, receipt) ?? []);
    const who = { miner: second, rank: 1, minerReward, proposer: first, proposerReward };
    const parts = { providers: 0, providersReward: 0n, signers: 3, signerReward, treasury };
    assert.deepEqual(told, [{ ledger: 'economy', token: 'FLX', height: 1, pool, ...who, ...parts }]);
    const economy = chain.state.reader('economy');
    assert.deepEqual(earningsOf(economy, second, 'FLX'), {
      miner: minerReward,
      provider: 0n,
      proposer: 0n,
      signer: signerReward,
    });
    assert.deepEqual(earningsOf(economy, third, 'FLX').signer, signerReward);
    assert.deepEqual(Object.values(earningsOf(economy, fourth, 'FLX')), [0n, 0n, 0n, 0n]);
    const quiet = finalise(chain).systemReceipts;
    assert.deepEqual(
      quiet.flatMap((receipt) => readSystemReceipt(SectionRewarded, receipt) ?? []),
      [],
    );
  });

  it('earn a proposer that mined it itself nothing but its part as a signer', () => {
    const earnedBy = (miner: string, rank: number) => {
      const chain = newChain();
      chain.mined = minedBy(first, miner, rank);
      chain.block([transfer(chain)]);
      finalise(chain);
      const { miner: mined, proposer } = earningsOf(chain.state.reader('economy'), first, 'FLX');
      return mined + proposer;
    };
    assert.equal(earnedBy(first, PROPOSER_RANK), 0n);
    // Elected behind somebody else it gains nothing by leaving that one's section out.
    for (const rank of [1, 2, 3]) assert.equal(earnedBy(first, rank), 0n);
    assert.ok(earnedBy(first, 0) > earnedBy(second, 0));
    assert.ok(earnedBy(second, 0) > 0n);
    assert.ok(earnedBy(second, 3) > 0n);
  });

  it('go to the treasury where a body has no certificate', () => {
    const chain = newChain();
    chain.block([transfer(chain)]);
    const pool = flx(chain, poolAccount('economy'));
    chain.block();
    assert.ok(pool > 0n);
    assert.equal(flx(chain, TREASURY), pool);
  });

  it('cannot be settled for a section that nobody mined', () => {
    const chain = newChain();
    const { genesis, genesisHash, timeMs } = chain;
    const begun = beginBlock(chain.state, { height: 1, timeMs, genesis, genesisHash });
    const { result } = buildSection(begun, 'economy', [transfer(chain)]);
    const input = { beacon: '01'.repeat(32), lastCertificate: undefined, evidence: [] };
    assert.throws(() => endBlock(begun, [result], { ...input, proposer: first, miners: {} }), {
      name: 'InvariantViolation',
    });
  });
});

describe('The fees of jobs', () => {
  /** A report of work that the owner of the app pays for, mined at a rank. */
  function worked(rank: number) {
    const chain = startedChain();
    const miner = stranger.address;
    chain.mined = minedBy(chain.mined.proposer, miner, rank);
    const usage = { ...NO_USAGE, cpuMs: 5_000 };
    const steps = [step(chain, 'create'), step(chain, 'created'), step(chain, 'start', { usage })];
    const report = chain.transaction(stranger, 'docklock', [
      encodeOperation(DOCKLOCK.operations.StepBatch, batchOf(chain, steps)),
    ]);
    const treasury = flx(chain, TREASURY);
    const { systemReceipts, receipts } = chain.block([report], 60_000);
    assert.equal(receipts[0]?.status, 0);
    const gas = (receipts[0].charges[0]?.amount as bigint) / 2n;
    const [fees] = systemReceipts.flatMap((receipt) => readSystemReceipt(JobFeesSettled, receipt) ?? []);
    assert.ok(fees);
    return { chain, fees, gas, miner, treasury };
  }

  it('are locked with the miner, shared by its section, and without an owner the treasury’s', () => {
    const { chain, fees, gas, miner } = worked(1);
    const value = 530_000n;
    const locked = (1_060n * 60n) / 100n;
    assert.deepEqual(fees, {
      ...{ ledger: 'docklock', token: 'FLX', miner, rank: 1, jobs: 1, value, fee: 5_300n },
      ...{ locked, pool: 1_590n, owner: 0n, treasury: 5_300n - locked - 1_590n },
    });
    assert.equal(flx(chain, lockedAccount(miner)), locked);
    assert.equal(flx(chain, poolAccount('docklock')), gas + 1_590n);
  });

  it('lock nothing with a proposer that mined them itself', () => {
    const { chain, fees, miner } = worked(PROPOSER_RANK);
    assert.equal(fees.locked, 0n);
    assert.equal(flx(chain, lockedAccount(miner)), 0n);
  });

  it('reward the operator of the node that did the work', () => {
    const { chain, gas } = worked(0);
    const before = flx(chain, balanceAccount(owner.address));
    const { systemReceipts } = finalise(chain);
    const amount = (gas + 1_590n) / 5n;
    assert.equal(flx(chain, balanceAccount(owner.address)) - before, amount);
    const told = systemReceipts.flatMap((receipt) => readSystemReceipt(ProvidersRewarded, receipt) ?? []);
    const payments = [{ operator: owner.address, amount }];
    assert.deepEqual(told, [{ ledger: 'docklock', token: 'FLX', height: chain.height - 1, payments }]);
    const economy = chain.state.reader('economy');
    assert.equal(earningsOf(economy, owner.address, 'FLX').provider, amount);
    assert.equal(earningsOf(economy, operator.address, 'FLX').provider, 0n);
  });
});
