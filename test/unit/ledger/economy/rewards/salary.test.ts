import assert from 'node:assert/strict';
import {
  type Account,
  balanceAccount,
  OWNER_ACCRUED,
  OWNER_ESCROW,
  OWNER_VESTING,
  TREASURY,
} from '../../../../../src/ledger/economy/account.ts';
import { amountOf } from '../../../../../src/ledger/economy/books.ts';
import { settlement } from '../../../../../src/ledger/economy/economy.ts';
import { jobFee } from '../../../../../src/ledger/economy/rewards/fee-split.ts';
import { ownerTranches } from '../../../../../src/ledger/economy/rewards/vesting.ts';
import type { Parameters } from '../../../../../src/types/genesis.ts';
import { ECONOMY } from '../../../../../src/types/operations/economy.ts';
import { REWARD_SYSTEM_RECEIPTS } from '../../../../../src/types/operations/economy-rewards.ts';
import { readSystemReceipt } from '../../../../../src/types/system-receipt.ts';
import { hashNumber } from '../../../../support/blocks.ts';
import {
  alice,
  approve,
  bob,
  EconomyChain,
  eventsOf,
  type Person,
  START_MS,
  treasurers,
  validator,
} from '../../../../support/economy-chain.ts';

const { OwnerAccount, OwnerHold, MeterDeposit } = ECONOMY.operations;
const MONTH_MS = 1_000_000;
const USD = 1_000_000n;
type Fees = 'FLX' | 'NEX';

/** A chain with short months, whose owner has bob's account unless told otherwise; a coin is worth a dollar. */
class OwnedChain extends EconomyChain {
  constructor(parameters: Partial<Parameters> = {}, hasOwner = true) {
    super({
      parameters: {
        ownerMonthMs: MONTH_MS,
        ownerVestingMonths: 4,
        ownerMonthlyCapUsd: 1_000n * USD,
        treasuryTargetUsd: 0n,
        ...parameters,
      },
    });
    for (const token of ['FLX', 'NEX'] as const) {
      const deposit = { payer: alice.address, ledger: 'docklock', token, amount: 5n * USD } as const;
      assert.equal(this.send(alice, MeterDeposit, deposit).status, 'OK');
    }
    if (hasOwner) assert.equal(this.name(bob.address), 'OK');
  }

  name(account: string, signers: readonly Person[] = treasurers): string {
    const options = { authority: 'owner', sender: alice, signers } as const;
    return this.send(alice, OwnerAccount, approve(this, OwnerAccount, { account, approvals: [] }, options))
      .status;
  }

  hold(held: boolean, signers: readonly Person[] = treasurers): string {
    const options = { authority: 'treasury', sender: alice, signers } as const;
    const operation = { held, basis: hashNumber(1), approvals: [] };
    return this.send(alice, OwnerHold, approve(this, OwnerHold, operation, options)).status;
  }

  amount(account: Account, token: Fees = 'FLX'): bigint {
    return amountOf(this.economy, account, token);
  }

  /** Settles a job of which so much is the owner's share, as if it stood in the last block. */
  accrue(share: bigint, token: Fees = 'FLX'): void {
    const value = share * 500n;
    const fee = jobFee(value);
    const view = this.state.extend();
    const usage = { cpuMs: 1n, memoryMbS: 0n, storageMicroGbDay: 0n, egressBytes: 0n, receipts: 1n };
    settlement.settle(view.writer('economy'), {
      ...{ ledger: 'docklock', height: this.height },
      ...{ miner: validator.address, rank: 0, proposer: validator.address },
      charges: [{ reason: 'job', payer: alice.address, receipt: 0, token, amount: fee }],
      jobs: [
        {
          ...{ payer: alice.address, app: hashNumber(2), node: hashNumber(3), operator: bob.address },
          ...{ usage, receipt: 0, amounts: [{ token, value, fee }] },
        },
      ],
    });
    this.state.commit(view);
  }

  /** The report of a block so many months after genesis. */
  month(months: number) {
    this.timeMs = START_MS + months * MONTH_MS;
    const { system } = this.block([]);
    const reports = system.flatMap(
      (receipt) => readSystemReceipt(REWARD_SYSTEM_RECEIPTS.OwnerSalary, receipt) ?? [],
    );
    assert.ok(reports.length <= 1);
    return reports[0];
  }
}

const bobs = balanceAccount(bob.address);

describe('The pay of the owner', () => {
  it('accrues by the month, half of it is paid at its end, and half vests linearly over months', () => {
    const chain = new OwnedChain();
    // The provider is the owner here: its part of the pool is paid before anything is compared.
    chain.accrue(1_001n);
    assert.equal(chain.amount(OWNER_ACCRUED), 1_001n);
    chain.block([]);
    const before = chain.amount(bobs);
    const first = chain.month(1);
    assert.deepEqual(first?.rows, [
      { token: 'FLX', gross: 1_001n, excess: 0n, vesting: 501n, due: 500n, paid: 500n },
    ]);
    assert.equal(chain.amount(bobs) - before, 500n);
    assert.deepEqual([chain.amount(OWNER_ACCRUED), chain.amount(OWNER_VESTING)], [0n, 501n]);
    assert.equal(chain.month(1.9), undefined);
    const paid = [2, 3.5, 4, 5].map((month) => chain.month(month)?.rows[0]?.paid);
    assert.deepEqual(paid, [125n, 188n, 62n, 126n]);
    assert.equal(chain.amount(bobs) - before, 1_001n);
    assert.deepEqual(ownerTranches(chain.economy), []);
    assert.deepEqual(chain.month(6)?.rows, []);
  });

  it('is reported each month to the account that its authority named, with what it was held against', () => {
    const chain = new OwnedChain({ treasuryTargetUsd: 1n });
    const report = chain.month(1);
    const { month, atMs, account, held, capUsd } = report ?? {};
    assert.deepEqual(
      { month, atMs, account, held, capUsd },
      { month: 1, atMs: START_MS + MONTH_MS, account: bob.address, held: false, capUsd: 1_000n * USD },
    );
  });

  it('is nothing without an owner: its share of jobs is the treasury’s', () => {
    const chain = new OwnedChain({}, false);
    const before = chain.amount(TREASURY);
    chain.accrue(1_000n);
    assert.equal(chain.amount(OWNER_ACCRUED), 0n);
    assert.equal(chain.amount(TREASURY) - before, 1_000n + 1_500n);
    assert.equal(chain.month(1), undefined);
  });

  it('is cut to the cap, of each token alike, and what is over goes to the treasury', () => {
    const chain = new OwnedChain({
      usdPriceFlx: 1_000_000n,
      usdPriceNex: 3_000_000n,
      ownerMonthlyCapUsd: 1_000n,
    });
    chain.accrue(1_000n);
    chain.block([]);
    chain.accrue(1_000n, 'NEX');
    chain.block([]);
    const before = chain.amount(TREASURY, 'NEX');
    const report = chain.month(1);
    assert.deepEqual(
      report?.rows.map(({ token, gross, excess, paid, vesting }) => [token, gross, excess, paid, vesting]),
      [
        ['NEX', 1_000n, 750n, 125n, 125n],
        ['FLX', 1_000n, 750n, 125n, 125n],
      ],
    );
    assert.equal(chain.amount(TREASURY, 'NEX') - before, 750n);
  });

  it('has a cap that falls with a treasury below its target', () => {
    const chain = new OwnedChain({
      ...{ usdPriceGen: 0n, usdPriceNex: 0n, usdPriceFlx: 1_000_000n },
      ...{ ownerMonthlyCapUsd: 1_000n, treasuryTargetUsd: 10n ** 12n },
    });
    chain.accrue(1_000n);
    chain.block([]);
    const treasury = chain.amount(TREASURY);
    const report = chain.month(1);
    assert.equal(report?.treasuryUsd, treasury);
    assert.equal(report?.capUsd, (1_000n * treasury) / 10n ** 12n);
    const [row] = report?.rows ?? [];
    assert.equal((row?.gross as bigint) - (row?.excess as bigint), report?.capUsd);
  });

  it('is held back while the treasury’s flag is up, and paid when it is down again', () => {
    const chain = new OwnedChain();
    chain.accrue(1_000n);
    chain.block([]);
    assert.equal(chain.hold(true), 'OK');
    const before = chain.amount(bobs);
    const held = chain.month(1);
    assert.deepEqual([held?.held, held?.rows[0]?.due, held?.rows[0]?.paid], [true, 500n, 0n]);
    assert.deepEqual([chain.amount(bobs), chain.amount(OWNER_ESCROW)], [before, 500n]);
    assert.equal(chain.month(2)?.rows[0]?.due, 125n);
    assert.equal(chain.amount(OWNER_ESCROW), 625n);
    assert.equal(chain.hold(false), 'OK');
    const released = chain.month(3);
    assert.deepEqual([released?.rows[0]?.due, released?.rows[0]?.paid], [125n, 750n]);
    assert.deepEqual([chain.amount(bobs) - before, chain.amount(OWNER_ESCROW)], [750n, 0n]);
  });

  it('is capped once, however many months go by without a block', () => {
    const chain = new OwnedChain({ ownerMonthlyCapUsd: 100n });
    chain.accrue(1_000n);
    chain.block([]);
    const report = chain.month(9);
    assert.deepEqual([report?.month, report?.rows[0]?.excess], [9, 900n]);
  });

  it('vests at once where genesis gives it no time', () => {
    const chain = new OwnedChain({ ownerVestingMonths: 0 });
    chain.accrue(1_000n);
    chain.block([]);
    assert.equal(chain.month(1)?.rows[0]?.paid, 500n);
    assert.equal(chain.month(2)?.rows[0]?.paid, 500n);
  });
});

describe('OwnerAccount and OwnerHold', () => {
  it('are acts of the owner’s authority and of the treasury’s', () => {
    const chain = new OwnedChain({}, false);
    const strangers = [alice, bob];
    assert.equal(chain.name(bob.address, strangers), 'APPROVAL_KEY_UNKNOWN');
    assert.equal(chain.name(bob.address, treasurers.slice(0, 1)), 'APPROVALS_TOO_FEW');
    assert.equal(chain.hold(true, strangers), 'APPROVAL_KEY_UNKNOWN');
    const options = { authority: 'treasury', sender: alice, signers: treasurers } as const;
    const operation = approve(chain, OwnerAccount, { account: bob.address, approvals: [] }, options);
    assert.equal(chain.send(alice, OwnerAccount, operation).status, 'APPROVAL_SIGNATURE_WRONG');
  });

  it('change something or fail', () => {
    const chain = new OwnedChain();
    assert.equal(chain.name(bob.address), 'OWNER_ACCOUNT_SAME');
    assert.equal(chain.name(alice.address), 'OK');
    assert.equal(chain.hold(false), 'OWNER_HOLD_SAME');
    assert.equal(chain.hold(true), 'OK');
    const options = { authority: 'treasury', sender: alice, signers: treasurers } as const;
    const release = approve(chain, OwnerHold, { held: false, basis: hashNumber(4), approvals: [] }, options);
    assert.deepEqual(eventsOf(chain.send(alice, OwnerHold, release).receipt), [
      { name: 'OwnerHoldChanged', value: { held: false, basis: hashNumber(4) } },
    ]);
  });
});
