import { TOKENS, type TokenName } from '../../../types/names.ts';
import { REWARD_SYSTEM_RECEIPTS } from '../../../types/operations/economy-rewards.ts';
import { systemReceipt } from '../../../types/system-receipt.ts';
import type { BlockContext, SettlementReceipt, StateReader, StateWriter } from '../../seam.ts';
import {
  type Account,
  balanceAccount,
  OWNER_ACCRUED,
  OWNER_ESCROW,
  OWNER_VESTING,
  TREASURY,
} from '../account.ts';
import { amountOf, move } from '../books.ts';
import { readOwner, writeOwner } from './owner.ts';
import { putBy, takeVested } from './vesting.ts';

/**
 * What the owner of the network is paid: once a month, what accrued to it, up to a cap in USD at the reference prices of
 * genesis. Half at once, half vests over months. The cap falls with a treasury that is below its target.
 */

const MICRO = 1_000_000n;

/** Number of the month that a rule time lies in, counted from genesis. Months in which no block came are none. */
export function monthOf({ timeMs, genesis, parameters }: BlockContext): number {
  return Math.floor((timeMs - genesis.timeMs) / parameters.ownerMonthMs);
}

/** Micro-USD of a micro-amount. AUR never is in these accounts. */
function usdOf(token: TokenName, amount: bigint, { parameters }: BlockContext): bigint {
  const prices = {
    GEN: parameters.usdPriceGen,
    NEX: parameters.usdPriceNex,
    FLX: parameters.usdPriceFlx,
    AUR: 0n,
  };
  return (amount * prices[token]) / MICRO;
}

function usdIn(economy: StateReader, account: Account, context: BlockContext): bigint {
  return TOKENS.reduce((sum, token) => sum + usdOf(token, amountOf(economy, account, token), context), 0n);
}

/** What may be paid for a month, in micro-USD: less where the treasury is below its target. */
export function salaryCap(treasuryUsd: bigint, { parameters }: BlockContext): bigint {
  const { ownerMonthlyCapUsd, treasuryTargetUsd } = parameters;
  return treasuryUsd >= treasuryTargetUsd
    ? ownerMonthlyCapUsd
    : (ownerMonthlyCapUsd * treasuryUsd) / treasuryTargetUsd;
}

/** EndBlock: settles the month that has ended, if one has, and reports it. */
export function settleSalary(economy: StateWriter, context: BlockContext): SettlementReceipt[] {
  const owner = readOwner(economy);
  const month = monthOf(context);
  const [account] = owner.account;
  if (account === undefined || month <= owner.month) return [];
  writeOwner(economy, { ...owner, month });
  const treasuryUsd = usdIn(economy, TREASURY, context);
  const capUsd = salaryCap(treasuryUsd, context);
  const grossUsd = usdIn(economy, OWNER_ACCRUED, context);
  const rows = TOKENS.flatMap((token) => {
    const give = (debit: Account, credit: Account, amount: bigint) => {
      if (amount > 0n) move(economy, { debit, credit, token, amount });
    };
    const gross = amountOf(economy, OWNER_ACCRUED, token);
    const net = grossUsd <= capUsd ? gross : (gross * capUsd) / grossUsd;
    const atOnce = net / 2n;
    const vesting = net - atOnce;
    const vested = takeVested(economy, token, context);
    give(OWNER_ACCRUED, TREASURY, gross - net);
    give(OWNER_ACCRUED, OWNER_ESCROW, atOnce);
    give(OWNER_VESTING, OWNER_ESCROW, vested);
    give(OWNER_ACCRUED, OWNER_VESTING, vesting);
    putBy(economy, token, vesting, context);
    const paid = owner.held ? 0n : amountOf(economy, OWNER_ESCROW, token);
    give(OWNER_ESCROW, balanceAccount(account), paid);
    if (gross + vested + paid === 0n) return [];
    return [{ token, gross, excess: gross - net, vesting, due: atOnce + vested, paid }];
  });
  const { held } = owner;
  const report = { month, atMs: context.timeMs, account, held, capUsd, treasuryUsd, rows };
  return [systemReceipt(REWARD_SYSTEM_RECEIPTS.OwnerSalary, report)];
}
