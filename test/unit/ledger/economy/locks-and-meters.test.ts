import assert from 'node:assert/strict';
import { beginBlock } from '../../../../src/ledger/begin-block.ts';
import {
  type Account,
  balanceAccount,
  lockAccount,
  meterAccount,
} from '../../../../src/ledger/economy/account.ts';
import { amountOf } from '../../../../src/ledger/economy/books.ts';
import { economy, settlement } from '../../../../src/ledger/economy/economy.ts';
import { endBlockQueue } from '../../../../src/ledger/economy/end-block-queue.ts';
import { hasQueuedRequests } from '../../../../src/ledger/economy/settlement.ts';
import type { BlockContext, LockRecord, SectionCharge } from '../../../../src/ledger/seam.ts';
import { executeSection } from '../../../../src/ledger/section.ts';
import type { StateView } from '../../../../src/ledger/state/state.ts';
import type { LedgerName, TokenName } from '../../../../src/types/names.ts';
import { encodeOperation } from '../../../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../../../src/types/operations/economy.ts';
import { ECONOMY_SYSTEM_RECEIPTS } from '../../../../src/types/operations/economy-receipts.ts';
import { genesisBondRef, RELEASE_LOCK } from '../../../../src/types/operations/settlement-messages.ts';
import { encode } from '../../../../src/types/ssz.ts';
import { readSystemReceipt } from '../../../../src/types/system-receipt.ts';
import { LIMITS } from '../../../../src/util/limits.ts';
import { hashNumber } from '../../../support/blocks.ts';
import { alice, bob, EconomyChain, statusName, validator } from '../../../support/economy-chain.ts';

const { Lock, Unlock, MeterDeposit, MeterWithdraw } = ECONOMY.operations;
const REF = hashNumber(5);
const lock = { ledger: 'bpci', purpose: 'bond', ref: REF, token: 'GEN', amount: 900n } as const;

function contextOf(chain: EconomyChain): BlockContext {
  const { genesis, genesisHash, height, timeMs } = chain;
  return { genesis, genesisHash, height: height + 1, timeMs, parameters: genesis.parameters };
}

const charging = (amount: bigint): SectionCharge => ({
  reason: 'transaction',
  payer: alice.address,
  token: 'FLX',
  amount,
  receipt: 0,
});

/** Runs the machine's EndBlock calls on an overlay, with another ledger's charges or notes of spent locks. */
function endBlock(chain: EconomyChain, charges: SectionCharge[], isSpent: (lock: LockRecord) => boolean) {
  const view = chain.state.extend();
  const writer = view.writer('economy');
  const mined = { miner: validator.address, rank: 4, proposer: validator.address };
  settlement.settle(writer, { ...mined, ledger: 'docklock', height: 1, charges, jobs: [] });
  const receipts = settlement.endBlock(writer, contextOf(chain), isSpent);
  return { view, writer, receipts };
}

function deliver(
  chain: EconomyChain,
  view: StateView,
  from: LedgerName,
  data: Uint8Array,
  kind = RELEASE_LOCK.kind,
) {
  const context = {
    ...contextOf(chain),
    own: view.writer('economy'),
    at: (subtree: Parameters<StateView['reader']>[0]) => view.reader(subtree),
    send: () => assert.fail('a delivery sends nothing'),
    lock: () => undefined,
  };
  return economy.deliver?.(context, from, { to: 'economy', kind, data });
}

describe('Lock', () => {
  it('reserves value under a ledger and a ref', () => {
    const chain = new EconomyChain();
    assert.equal(chain.send(alice, Lock, lock).status, 'OK');
    assert.deepEqual(settlement.readLock(chain.economy, 'bpci', REF), { owner: alice.address, ...lock });
    assert.equal(amountOf(chain.economy, balanceAccount(alice.address), 'GEN'), 59_999_999_100n);
  });

  it('refuses zero, AUR, economy itself, odd purposes, a ref in use, and more than there is', () => {
    const chain = new EconomyChain();
    chain.send(alice, Lock, lock);
    const other = { ...lock, ref: hashNumber(6) };
    assert.equal(chain.send(alice, Lock, { ...other, amount: 0n }).status, 'ZERO_AMOUNT');
    assert.equal(chain.send(alice, Lock, { ...other, token: 'AUR' }).status, 'TOKEN_NOT_ALLOWED');
    assert.equal(chain.send(alice, Lock, { ...other, ledger: 'economy' }).status, 'LEDGER_NOT_ALLOWED');
    for (const purpose of ['', 'Bond', 'a/b', '-x'])
      assert.equal(chain.send(alice, Lock, { ...other, purpose }).status, 'INVALID_PURPOSE');
    assert.equal(chain.send(alice, Lock, lock).status, 'LOCK_EXISTS');
    assert.equal(chain.send(alice, Lock, { ...other, amount: 10n ** 20n }).status, 'INSUFFICIENT_BALANCE');
    assert.equal(chain.send(alice, Lock, { ...lock, ledger: 'docklock' }).status, 'OK');
  });

  it('holds the bonds of genesis validators', () => {
    const chain = new EconomyChain();
    const ref = genesisBondRef(validator.address);
    assert.deepEqual(settlement.readLock(chain.economy, 'bpci', ref), {
      owner: validator.address,
      ledger: 'bpci',
      purpose: 'bond',
      ref,
      token: 'GEN',
      amount: 5_000_000n,
    });
  });
});

describe('Unlock', () => {
  it('gives an unspent lock back at the end of the block', () => {
    const chain = new EconomyChain();
    chain.send(alice, Lock, lock);
    const { status, block } = chain.send(alice, Unlock, { ledger: 'bpci', ref: REF });
    assert.equal(status, 'OK');
    assert.equal(settlement.readLock(chain.economy, 'bpci', REF), undefined);
    assert.equal(amountOf(chain.economy, balanceAccount(alice.address), 'GEN'), 60_000_000_000n);
    assert.deepEqual(
      block.system
        .map((receipt) => readSystemReceipt(ECONOMY_SYSTEM_RECEIPTS.UnlockOutcome, receipt))
        .filter((outcome) => outcome !== undefined),
      [
        {
          position: 0,
          status: 0,
          owner: alice.address,
          ledger: 'bpci',
          ref: REF,
          token: 'GEN',
          amount: 900n,
        },
      ],
    );
  });

  it('is refused for a lock that is unknown or of somebody else, or asked for twice', () => {
    const chain = new EconomyChain();
    chain.send(alice, Lock, lock);
    assert.equal(chain.send(alice, Unlock, { ledger: 'bpi', ref: REF }).status, 'LOCK_UNKNOWN');
    assert.equal(chain.send(bob, ECONOMY.operations.Faucet, { to: bob.address }).status, 'OK');
    assert.equal(chain.send(bob, Unlock, { ledger: 'bpci', ref: REF }).status, 'NOT_LOCK_OWNER');
    const unlock = encodeOperation(Unlock, { ledger: 'bpci', ref: REF });
    const { receipts } = chain.block([chain.transaction(alice, [unlock, unlock], { maxFee: 100_000n })]);
    assert.equal(statusName(receipts[0]?.status ?? 0), 'UNLOCK_PENDING');
  });

  it('fails in EndBlock if the ledger notes the lock as spent, and can be asked for again', () => {
    const chain = new EconomyChain();
    const spend = genesisBondRef(validator.address);
    // The bond of a genesis validator is spent in bpci's own state from the start.
    chain.send(validator, ECONOMY.operations.Faucet, { to: validator.address });
    for (const position of [0, 1]) {
      const { status, block } = chain.send(validator, Unlock, { ledger: 'bpci', ref: spend });
      assert.equal(status, 'OK');
      const outcomes = block.system
        .map((receipt) => readSystemReceipt(ECONOMY_SYSTEM_RECEIPTS.UnlockOutcome, receipt))
        .filter((outcome) => outcome !== undefined);
      assert.equal(outcomes[0]?.position, position);
      assert.equal(statusName(outcomes[0]?.status ?? 0), 'LOCK_SPENT');
    }
    assert.equal(settlement.readLock(chain.economy, 'bpci', spend)?.amount, 5_000_000n);
  });
});

describe('The queue of EndBlock', () => {
  it('executes a bounded number of requests and carries the others over in their order', () => {
    const chain = new EconomyChain({ parameters: { maxSectionGas: 40_000_000 } });
    const count = LIMITS.maxEndBlockRequestsPerBlock + 3;
    const withdrawal = encodeOperation(MeterWithdraw, { ledger: 'docklock', token: 'FLX', amount: 1n });
    const transactions = [];
    for (let left = count; left > 0; left -= 256)
      transactions.push(
        chain.transaction(alice, Array(Math.min(left, 256)).fill(withdrawal), {
          maxFee: 900_000n,
          skip: transactions.length,
        }),
      );
    const withdrawn = (receipts: ReturnType<EconomyChain['block']>['system']) =>
      receipts
        .map((receipt) => readSystemReceipt(ECONOMY_SYSTEM_RECEIPTS.MeterWithdrawOutcome, receipt))
        .filter((outcome) => outcome !== undefined);
    const first = withdrawn(chain.block(transactions).system);
    assert.equal(first.length, LIMITS.maxEndBlockRequestsPerBlock);
    assert.equal(hasQueuedRequests(chain.economy), true);
    const second = withdrawn(chain.block([]).system);
    assert.deepEqual(
      second.map(({ position }) => position),
      [count - 3, count - 2, count - 1],
    );
    // The meter held 1 000: the requests after the thousandth got what was left.
    assert.equal(
      [...first, ...second].reduce((sum, { amount }) => sum + amount, 0n),
      1_000n,
    );
    assert.equal(hasQueuedRequests(chain.economy), false);
  });
});

describe('Meters', () => {
  it('are filled by anyone from the own balance', () => {
    const chain = new EconomyChain();
    const deposit = { payer: bob.address, ledger: 'bpi', token: 'FLX', amount: 70n } as const;
    assert.equal(chain.send(alice, MeterDeposit, deposit).status, 'OK');
    assert.equal(settlement.meterBalance(chain.economy, bob.address, 'bpi', 'FLX'), 70n);
    assert.equal(settlement.meterBalance(chain.economy, bob.address, 'bpci', 'FLX'), 0n);
  });

  it('show a deposit to other sections only from the next block on', () => {
    const chain = new EconomyChain();
    const deposit = { payer: bob.address, ledger: 'bpi', token: 'FLX', amount: 70n } as const;
    const begun = beginBlock(chain.state, contextOf(chain));
    const transaction = chain.transaction(alice, [encodeOperation(MeterDeposit, deposit)], {
      maxFee: 100_000n,
    });
    const outcome = executeSection(begun, 'economy', [transaction]);
    assert.ok(outcome.valid);
    const seen = (view: StateView) =>
      settlement.meterBalance(view.reader('economy'), bob.address, 'bpi', 'FLX');
    assert.equal(seen(outcome.result.view), 70n);
    assert.equal(seen(begun.view), 0n);
    outcome.result.discard();
    begun.discard();
  });

  it('do not exist in AUR, nor in FLX on economy, and take no zero', () => {
    const chain = new EconomyChain();
    const deposit = { payer: bob.address, ledger: 'bpi', token: 'FLX', amount: 70n } as const;
    assert.equal(chain.send(alice, MeterDeposit, { ...deposit, amount: 0n }).status, 'ZERO_AMOUNT');
    assert.equal(chain.send(alice, MeterDeposit, { ...deposit, token: 'AUR' }).status, 'TOKEN_NOT_ALLOWED');
    assert.equal(
      chain.send(alice, MeterDeposit, { ...deposit, ledger: 'economy' }).status,
      'LEDGER_NOT_ALLOWED',
    );
    assert.equal(
      chain.send(alice, MeterDeposit, { ...deposit, amount: 10n ** 12n }).status,
      'INSUFFICIENT_BALANCE',
    );
    const withdraw = { ledger: 'bpi', token: 'FLX', amount: 1n } as const;
    assert.equal(chain.send(alice, MeterWithdraw, { ...withdraw, amount: 0n }).status, 'ZERO_AMOUNT');
    assert.equal(chain.send(alice, MeterWithdraw, { ...withdraw, token: 'AUR' }).status, 'TOKEN_NOT_ALLOWED');
    assert.equal(chain.send(alice, MeterWithdraw, withdraw).status, 'METER_EMPTY');
  });

  it('pay the charges of the block first and a withdrawal from what is left', () => {
    const chain = new EconomyChain({ parameters: { gasPrice: 0n } });
    const operation = encodeOperation(MeterWithdraw, { ledger: 'docklock', token: 'FLX', amount: 800n });
    const before = amountOf(chain.economy, balanceAccount(alice.address), 'FLX');
    chain.block([chain.transaction(alice, [operation])]);
    assert.equal(amountOf(chain.economy, balanceAccount(alice.address), 'FLX'), before + 800n);
    assert.equal(settlement.meterBalance(chain.economy, alice.address, 'docklock', 'FLX'), 200n);
    const charge = charging(199n);
    const { writer } = endBlock(chain, [charge], () => false);
    assert.equal(amountOf(writer, meterAccount('docklock', alice.address), 'FLX'), 1n);
  });

  it('stop the node rather than be overdrawn by a charge', () => {
    const chain = new EconomyChain();
    const charge = charging(1_001n);
    assert.throws(() => endBlock(chain, [charge], () => false), { name: 'InvariantViolation' });
  });
});

describe('Settlement', () => {
  it('rounds up what is burned, charge by charge, burns nothing of GEN, and leaves the rest in the pool', () => {
    const chain = new EconomyChain();
    const fill = (token: 'GEN' | 'NEX') =>
      chain.send(alice, MeterDeposit, { payer: alice.address, ledger: 'docklock', token, amount: 10n });
    for (const token of ['GEN', 'NEX'] as const) assert.equal(fill(token).status, 'OK');
    chain.block([]);
    const charges = [
      ...[1n, 1n, 4n].map(charging),
      { ...charging(3n), token: 'NEX' as const },
      { ...charging(5n), token: 'GEN' as const },
    ];
    const { writer } = endBlock(chain, charges, () => false);
    const gained = (account: Account, token: TokenName) =>
      amountOf(writer, account, token) - amountOf(chain.economy, account, token);
    assert.deepEqual(
      (['FLX', 'NEX', 'GEN'] as const).map((token) =>
        (['issue', 'pool/docklock', 'treasury'] as const).map((account) => gained(account, token)),
      ),
      [
        [-4n, 2n, 0n],
        [-2n, 1n, 0n],
        [0n, 0n, 5n],
      ],
    );
  });
});

describe('Release of a lock by its ledger', () => {
  const release = (changes: object = {}) =>
    encode(RELEASE_LOCK.type, { ledger: 'bpci', ref: REF, to: bob.address, ...changes } as const);

  it('pays the whole lock to whom the ledger names', () => {
    const chain = new EconomyChain();
    chain.send(alice, Lock, lock);
    const view = chain.state.extend();
    assert.deepEqual(deliver(chain, view, 'bpci', release()), {});
    assert.equal(amountOf(view.reader('economy'), balanceAccount(bob.address), 'GEN'), 900n);
    assert.equal(amountOf(view.reader('economy'), lockAccount('bpci', REF), 'GEN'), 0n);
    assert.deepEqual(deliver(chain, view, 'bpci', release()), { refused: ECONOMY.statuses.LOCK_UNKNOWN });
  });

  it('refuses other ledgers, other kinds and bytes that are no message, without throwing', () => {
    const chain = new EconomyChain();
    chain.send(alice, Lock, lock);
    const view = chain.state.extend();
    assert.equal(statusName(deliver(chain, view, 'bpi', release())?.refused ?? 0), 'NOT_AUTHORIZED');
    assert.equal(statusName(deliver(chain, view, 'bpci', release(), 2)?.refused ?? 0), 'UNKNOWN_OPERATION');
    const malformed = deliver(chain, view, 'bpci', release().subarray(1));
    assert.equal(statusName(malformed?.refused ?? 0), 'MALFORMED_OPERATION');
    assert.equal(settlement.readLock(view.reader('economy'), 'bpci', REF)?.amount, 900n);
  });

  it('leaves a queued unlock without effect, even on a later lock under the same ref', () => {
    const chain = new EconomyChain();
    chain.send(alice, Lock, lock);
    const view = chain.state.extend();
    const writer = view.writer('economy');
    const request = { requester: alice.address, ledger: 'bpci', ref: REF, token: 'GEN', amount: 0n } as const;
    endBlockQueue.push(writer, { action: 'unlock', ...request });
    deliver(chain, view, 'bpci', release());
    const status = () => {
      const [receipt] = settlement.endBlock(writer, contextOf(chain), () => false);
      assert.ok(receipt);
      return statusName(readSystemReceipt(ECONOMY_SYSTEM_RECEIPTS.UnlockOutcome, receipt)?.status ?? 0);
    };
    assert.equal(status(), 'LOCK_UNKNOWN');
    chain.send(alice, Lock, { ...lock, ref: hashNumber(8) });
    const later = chain.state.extend();
    endBlockQueue.push(later.writer('economy'), { action: 'unlock', ...request, ref: hashNumber(8) });
    const [receipt] = settlement.endBlock(later.writer('economy'), contextOf(chain), () => false);
    assert.ok(receipt);
    assert.equal(readSystemReceipt(ECONOMY_SYSTEM_RECEIPTS.UnlockOutcome, receipt)?.amount, 0n);
  });
});
