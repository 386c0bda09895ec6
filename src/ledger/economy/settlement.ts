import { type LedgerName, TOKENS, type TokenName } from '../../types/names.ts';
import type { Address } from '../../types/ssz-bytes.ts';
import { LIMITS } from '../../util/limits.ts';
import {
  type BlockContext,
  InvariantViolation,
  type LockRecord,
  type SectionCharge,
  type SettledSection,
  type SettlementReceipt,
  type StateReader,
  type StateWriter,
} from '../seam.ts';
import {
  type Account,
  balanceAccount,
  FEE_HOLD,
  FEE_POOL,
  ISSUE,
  meterAccount,
  poolAccount,
  TREASURY,
} from './account.ts';
import { addToTotal, amountOf, move } from './books.ts';
import { endBlockQueue } from './end-block-queue.ts';
import { executeUnlock } from './locks.ts';
import { executeMeterWithdraw } from './meters.ts';
import { hasUnpaidShares } from './policy/shares.ts';
import { divideJobFees } from './rewards/job-fees.ts';
import { keepPool } from './rewards/pending-pools.ts';
import { paidRank } from './rewards/section-pool.ts';

/** Where a fee comes from: economy operations pay FLX from the balance, everything else is prepaid. */
function feeAccount(ledger: LedgerName, token: TokenName, payer: Address): Account {
  return ledger === 'economy' && token === 'FLX' ? balanceAccount(payer) : meterAccount(ledger, payer);
}

export function meterBalance(
  economy: StateReader,
  payer: Address,
  ledger: LedgerName,
  token: TokenName,
): bigint {
  return amountOf(economy, feeAccount(ledger, token, payer), token);
}

export function holdFee(economy: StateWriter, sender: Address, amount: bigint): void {
  if (amount > 0n) move(economy, { debit: balanceAccount(sender), credit: FEE_HOLD, token: 'FLX', amount });
}

export function releaseFee(economy: StateWriter, sender: Address, held: bigint, charged: bigint): void {
  if (charged > held) throw new InvariantViolation(`a fee of ${charged} where ${held} were held`);
  const rest = held - charged;
  if (charged > 0n) move(economy, { debit: FEE_HOLD, credit: FEE_POOL, token: 'FLX', amount: charged });
  if (rest > 0n)
    move(economy, { debit: FEE_HOLD, credit: balanceAccount(sender), token: 'FLX', amount: rest });
}

/**
 * The part of one charge that is burned: half of FLX and NEX that a transaction costs, rounded up charge by charge, and
 * nothing of GEN, which is fixed, nor of what jobs pay.
 */
export function burnedPart({ reason, token, amount }: SectionCharge): bigint {
  return reason === 'transaction' && token !== 'GEN' ? (amount + 1n) / 2n : 0n;
}

/** What the charges of a section take from one account in one token. */
interface Debit {
  readonly from: Account;
  readonly token: TokenName;
  burned: bigint;
  kept: bigint;
}

/** The charges of a section as sums: what each account pays, and what each running total of a token gains. */
function sumCharges(ledger: LedgerName, charges: readonly SectionCharge[]) {
  const debits = new Map<string, Debit>();
  const totals = TOKENS.map((token) => ({ token, fees: 0n, jobFees: 0n, burned: 0n }));
  for (const charge of charges) {
    const { reason, payer, token, amount } = charge;
    const burned = reason === 'cross-border' ? amount : burnedPart(charge);
    const total = totals[TOKENS.indexOf(token)] as (typeof totals)[number];
    total[reason === 'job' ? 'jobFees' : 'fees'] += amount;
    total.burned += burned;
    // A fee in AUR was burned when it was charged, and only its sum is noted.
    if (reason === 'cross-border' || amount === 0n) continue;
    const from = ledger === 'economy' && token === 'FLX' ? FEE_POOL : meterAccount(ledger, payer);
    const key = `${token} ${from}`;
    const debit = debits.get(key) ?? { from, token, burned: 0n, kept: 0n };
    debit.burned += burned;
    debit.kept += amount - burned;
    debits.set(key, debit);
  }
  return { debits: debits.values(), totals };
}

/**
 * Burns a part of each charge, so that the sum that is burned follows from the receipts alone; what is left goes to the
 * section's pool, of GEN to the treasury. Each account is debited once, whatever it was charged for.
 */
function settleCharges(economy: StateWriter, ledger: LedgerName, charges: readonly SectionCharge[]): void {
  const { debits, totals } = sumCharges(ledger, charges);
  for (const { from, token, burned, kept } of debits) {
    if (amountOf(economy, from, token) < burned + kept)
      throw new InvariantViolation(`charges of ${burned + kept} ${token} on ${from}, which holds less`);
    const to = token === 'GEN' ? TREASURY : poolAccount(ledger);
    if (burned > 0n) move(economy, { debit: from, credit: ISSUE, token, amount: burned });
    if (kept > 0n) move(economy, { debit: from, credit: to, token, amount: kept });
  }
  for (const { token, fees, jobFees, burned } of totals) {
    addToTotal(economy, 'fees', token, fees);
    addToTotal(economy, 'jobFees', token, jobFees);
    addToTotal(economy, 'burned', token, burned);
  }
}

/** Settles the charges of one section. What its jobs paid is divided at once; its pool waits until the block is known to be final. */
export function settle(economy: StateWriter, section: SettledSection): SettlementReceipt[] {
  settleCharges(economy, section.ledger, section.charges);
  const paid = { ...section, rank: paidRank(section) };
  const receipts = divideJobFees(economy, paid);
  keepPool(economy, paid);
  return receipts;
}

/** Executes what waits for the end of a block, at most a block's bound; the rest keeps its place. */
export function executeQueue(
  economy: StateWriter,
  _context: BlockContext,
  isSpent: (lock: LockRecord) => boolean,
): SettlementReceipt[] {
  const receipts: SettlementReceipt[] = [];
  while (receipts.length < LIMITS.maxEndBlockRequestsPerBlock) {
    const next = endBlockQueue.shift(economy);
    if (next === undefined) break;
    const { position, value: request } = next;
    receipts.push(
      request.action === 'unlock'
        ? executeUnlock(economy, position, request, isSpent)
        : executeMeterWithdraw(economy, position, request),
    );
  }
  return receipts;
}

/** Whether requests were carried over, so that the next block has work without a transaction. */
export function hasQueuedRequests(economy: StateReader): boolean {
  return endBlockQueue.length(economy) > 0 || hasUnpaidShares(economy);
}
