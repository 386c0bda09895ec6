import { LEDGERS, TOKENS, type TokenName } from '../../../types/names.ts';
import { InvariantViolation, type StateReader } from '../../seam.ts';
import { type AccountEntry, OWNER_ACCRUED, OWNER_VESTING, poolAccount } from '../account.ts';
import { amountAt, amountOf, totalOf } from '../books.ts';
import { pendingHeight } from './pending-pools.ts';
import { ownerTranches } from './vesting.ts';

/**
 * What must hold of rewards after every block, besides that nothing comes from nowhere: what is locked with miners stays
 * there, at most a fifth of what jobs paid is locked, and at most a fifth accrues to the owner; pools hold nothing but
 * what is paid out in the next block; the owner's tranches are what waits to vest.
 *
 * @param changed the accounts that the block wrote
 * @throws InvariantViolation naming the rule that is broken
 */
export function assertRewards(
  before: StateReader,
  after: StateReader,
  changed: readonly AccountEntry[],
  height: number,
): void {
  const locked = changed.filter(({ account }) => account.startsWith('locked/'));
  for (const token of TOKENS) {
    const paid = totalOf(after, 'jobFees', token) - totalOf(before, 'jobFees', token);
    if (5n * lockedGain(before, after, locked, token) > paid)
      throw new InvariantViolation(`more ${token} was locked with miners than jobs paid for`);
    const accrued = amountOf(after, OWNER_ACCRUED, token) - amountOf(before, OWNER_ACCRUED, token);
    if (5n * accrued > paid)
      throw new InvariantViolation(`the owner accrued ${accrued} ${token} of ${paid} that jobs paid`);
    const vesting = ownerTranches(after).reduce(
      (sum, tranche) => (tranche.token === token ? sum + tranche.amount - tranche.taken : sum),
      0n,
    );
    if (vesting !== amountOf(after, OWNER_VESTING, token))
      throw new InvariantViolation(`the owner's tranches of ${token} add up to ${vesting}`);
  }
  for (const ledger of LEDGERS) assertPool(after, ledger, height);
}

/** What all miners together have more of under lock, if none of them has less. */
function lockedGain(
  before: StateReader,
  after: StateReader,
  locked: readonly AccountEntry[],
  token: TokenName,
): bigint {
  let gained = 0n;
  for (const { path, token: own } of locked) {
    if (own !== token) continue;
    const gain = amountAt(after, path) - amountAt(before, path);
    if (gain < 0n) throw new InvariantViolation(`${path} fell by ${-gain}`);
    gained += gain;
  }
  return gained;
}

function assertPool(after: StateReader, ledger: (typeof LEDGERS)[number], height: number): void {
  const isFilled = TOKENS.some((token) => amountOf(after, poolAccount(ledger), token) > 0n);
  const pending = pendingHeight(after, ledger);
  if (isFilled ? pending !== height : pending !== undefined)
    throw new InvariantViolation(`the pool of ${ledger} is that of block ${pending}, not of ${height}`);
}
