import { ECONOMY } from '../../src/types/operations/economy.ts';
import type { Account } from '../identities.ts';
import { bankRegister, gold } from './economy-gold.ts';
import { ownerScenarios } from './owner.ts';
import { approve, FORTUNE, freshAddress, freshHash, plan, SETTLED_MS } from './planning.ts';
import { pools } from './pools.ts';
import type { LedgerScenarios, OperationScenario, PlanContext, PlannedTransaction } from './scenario.ts';

const { operations } = ECONOMY;

const transfer: OperationScenario = {
  operation: 'Transfer',
  weight: 40,
  succeed(context) {
    const sender = context.rotate(context.lane.payers);
    const to = context.rotate(context.lane.payers).address;
    const value = {
      to: to === sender.address ? freshAddress(context) : to,
      token: 'FLX' as const,
      amount: 1_000n,
      reference: '',
    };
    return plan(sender, 'OK', operations.Transfer, value);
  },
  fail(context) {
    const sender = context.rotate(context.lane.payers);
    const value = {
      to: freshAddress(context),
      token: 'NEX' as const,
      amount: FORTUNE,
      reference: 'too much',
    };
    return plan(sender, 'INSUFFICIENT_BALANCE', operations.Transfer, value);
  },
};

/** Locks, and later unlocks of the same locks. */
function lockAndUnlock(): OperationScenario[] {
  const open: { owner: Account; ref: string; lockedAtMs: number }[] = [];
  const lockOf = (context: PlanContext, amount: bigint) => ({
    ledger: 'docklock' as const,
    purpose: 'load-test',
    ref: freshHash(context, 'lock'),
    token: 'NEX' as const,
    amount,
  });
  return [
    {
      operation: 'Lock',
      weight: 6,
      succeed(context) {
        const owner = context.rotate(context.lane.payers);
        const value = lockOf(context, 1_000n);
        open.push({ owner, ref: value.ref, lockedAtMs: context.atMs });
        return plan(owner, 'OK', operations.Lock, value);
      },
      fail: (context) =>
        plan(
          context.rotate(context.lane.payers),
          'INSUFFICIENT_BALANCE',
          operations.Lock,
          lockOf(context, FORTUNE),
        ),
    },
    {
      operation: 'Unlock',
      weight: 5,
      succeed(context) {
        const [oldest] = open;
        if (oldest === undefined || context.atMs - oldest.lockedAtMs < SETTLED_MS) return undefined;
        open.shift();
        return plan(oldest.owner, 'OK', operations.Unlock, { ledger: 'docklock', ref: oldest.ref });
      },
      fail: (context) =>
        plan(context.rotate(context.lane.payers), 'LOCK_UNKNOWN', operations.Unlock, {
          ledger: 'docklock',
          ref: freshHash(context, 'no lock'),
        }),
    },
  ];
}

const meters: OperationScenario[] = [
  {
    operation: 'MeterDeposit',
    weight: 6,
    succeed(context) {
      const sender = context.rotate(context.lane.payers);
      const value = { payer: sender.address, ledger: 'bpi' as const, token: 'FLX' as const, amount: 10_000n };
      return plan(sender, 'OK', operations.MeterDeposit, value);
    },
    fail(context) {
      const sender = context.rotate(context.lane.payers);
      const value = { payer: sender.address, ledger: 'bpi' as const, token: 'FLX' as const, amount: 0n };
      return plan(sender, 'ZERO_AMOUNT', operations.MeterDeposit, value);
    },
  },
  {
    operation: 'MeterWithdraw',
    weight: 5,
    succeed(context) {
      const sender = context.rotate(context.lane.payers);
      return plan(sender, 'OK', operations.MeterWithdraw, { ledger: 'bpi', token: 'FLX', amount: 5_000n });
    },
    fail(context) {
      const sender = context.rotate(context.lane.payers);
      return plan(sender, 'ZERO_AMOUNT', operations.MeterWithdraw, {
        ledger: 'bpi',
        token: 'FLX',
        amount: 0n,
      });
    },
  },
];

/** An issue that the first `signers` of the treasury's keys approve, of which two are needed. */
function coinIssue(context: PlanContext, signers: number, expected: string): PlannedTransaction {
  const sender = context.rotate(context.lane.payers);
  const value = {
    token: 'NEX' as const,
    to: sender.address,
    amount: 1_000n,
    basis: freshHash(context, 'basis'),
    approvals: [],
  };
  const spec = operations.CoinIssue;
  const keys = context.authorities.treasury.slice(0, signers);
  return plan(
    sender,
    expected,
    spec,
    approve(context, { sender, ledger: 'economy', authority: 'treasury' }, keys, spec, value),
  );
}

const coins: OperationScenario[] = [
  {
    operation: 'CoinIssue',
    weight: 4,
    succeed: (context) => coinIssue(context, 2, 'OK'),
    fail: (context) => coinIssue(context, 1, 'APPROVALS_TOO_FEW'),
  },
  {
    operation: 'CoinRedeem',
    weight: 4,
    succeed: (context) =>
      plan(context.rotate(context.lane.payers), 'OK', operations.CoinRedeem, { token: 'NEX', amount: 500n }),
    fail: (context) =>
      plan(context.rotate(context.lane.payers), 'TOKEN_NOT_ALLOWED', operations.CoinRedeem, {
        token: 'GEN',
        amount: 1n,
      }),
  },
];

function faucet(): OperationScenario {
  const paid: { address: string; atMs: number }[] = [];
  return {
    operation: 'Faucet',
    weight: 3,
    succeed(context) {
      const to = freshAddress(context);
      paid.push({ address: to, atMs: context.atMs });
      return plan(context.rotate(context.lane.payers), 'OK', operations.Faucet, { to });
    },
    fail(context) {
      const earlier = paid.find(({ atMs }) => context.atMs - atMs > SETTLED_MS);
      if (earlier === undefined) return undefined;
      return plan(context.rotate(context.lane.payers), 'FAUCET_TOO_SOON', operations.Faucet, {
        to: earlier.address,
      });
    },
  };
}

export const economyScenarios: LedgerScenarios = {
  ledger: 'economy',
  create: () => [
    transfer,
    ...lockAndUnlock(),
    ...meters,
    ...coins,
    bankRegister(),
    ...gold(),
    faucet(),
    ...pools(),
    ...ownerScenarios,
  ],
};
