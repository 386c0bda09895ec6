import type { TokenName } from '../../types/names.ts';
import { decode, encode } from '../../types/ssz.ts';
import { U128 } from '../../types/ssz-numbers.ts';
import { InvariantViolation, type StateReader, type StateWriter } from '../seam.ts';
import { Table } from '../state/table.ts';
import { type Account, accountPath, ISSUE } from './account.ts';
import { fail } from './failure.ts';
import { journal } from './journal.ts';

/**
 * Double entry: every change of value in the chain is a movement between two accounts, made here and nowhere else.
 * What one account loses another gains, so the sum over all accounts always equals the contra account `issue`.
 */

export interface Movement {
  readonly debit: Account;
  readonly credit: Account;
  readonly token: TokenName;
  readonly amount: bigint;
}

const MAX_AMOUNT = 2n ** 128n - 1n;

/**
 * Running totals per token that never fall: coins issued and retired, of the issued those that epochs minted beyond the
 * reserve, fees of transactions settled and burned, fees of jobs, bonds slashed.
 */
const totals = new Table('total', U128);
/** What of a token may still be issued under the limit of genesis. */
const reserves = new Table('reserve', U128);

export const TOTALS = ['issued', 'retired', 'minted', 'fees', 'jobFees', 'burned', 'slashed'] as const;
export type TotalName = (typeof TOTALS)[number];

export function amountOf(state: StateReader, account: Account, token: TokenName): bigint {
  return amountAt(state, accountPath(account, token));
}

/** The same of an account whose path is known. */
export function amountAt(state: StateReader, path: string): bigint {
  const bytes = state.get(path);
  return bytes === undefined ? 0n : decode(U128, bytes, 'account');
}

/** How much of a token exists. */
export function supplyOf(state: StateReader, token: TokenName): bigint {
  return amountOf(state, ISSUE, token);
}

export function totalOf(state: StateReader, name: TotalName, token: TokenName): bigint {
  return totals.get(state, name, token) ?? 0n;
}

export function addToTotal(state: StateWriter, name: TotalName, token: TokenName, amount: bigint): void {
  if (amount > 0n) totals.set(state, totalOf(state, name, token) + amount, name, token);
}

export function reserveOf(state: StateReader, token: TokenName): bigint {
  return reserves.get(state, token) ?? 0n;
}

export function setReserve(state: StateWriter, token: TokenName, amount: bigint): void {
  reserves.set(state, amount, token);
}

function setAmount(state: StateWriter, path: string, amount: bigint): void {
  // An amount of zero is no entry, so that an emptied account leaves nothing behind.
  if (amount === 0n) state.delete(path);
  else state.set(path, encode(U128, amount));
}

/**
 * Moves value from one account to another.
 * @throws OperationFailure INSUFFICIENT_BALANCE or AMOUNT_OVERFLOW, with nothing written
 */
export function move(state: StateWriter, movement: Movement): void {
  const { debit, credit, token, amount } = movement;
  if (amount <= 0n) throw new InvariantViolation(`a movement of ${amount} ${token}`);
  if (debit === credit) throw new InvariantViolation(`a movement from ${debit} to itself`);
  // The contra account counts what is outside of it: it grows when coins come out.
  const [debitPath, creditPath] = [accountPath(debit, token), accountPath(credit, token)];
  const debited = amountAt(state, debitPath) + (debit === ISSUE ? amount : -amount);
  const credited = amountAt(state, creditPath) + (credit === ISSUE ? -amount : amount);
  if (debited < 0n || credited < 0n)
    fail('INSUFFICIENT_BALANCE', `${debit} holds less than ${amount} ${token}`);
  if (debited > MAX_AMOUNT || credited > MAX_AMOUNT)
    fail('AMOUNT_OVERFLOW', `${credit} cannot hold ${amount} more`);
  setAmount(state, debitPath, debited);
  setAmount(state, creditPath, credited);
  if (debit === ISSUE) addToTotal(state, 'issued', token, amount);
  if (credit === ISSUE) addToTotal(state, 'retired', token, amount);
}

/** A movement by an operation: it also stands in the journal that the section's Proof-of-Gold commits to. */
export function moveInTransaction(state: StateWriter, movement: Movement): void {
  move(state, movement);
  const { debit, credit, token, amount } = movement;
  journal.post({ account: debit, token, side: 'debit', amount });
  journal.post({ account: credit, token, side: 'credit', amount });
}

/** New coins out of the reserve of genesis. @throws OperationFailure RESERVE_EXHAUSTED */
export function issueFromReserve(state: StateWriter, token: TokenName, to: Account, amount: bigint): void {
  const left = reserveOf(state, token) - amount;
  if (left < 0n) fail('RESERVE_EXHAUSTED', `the reserve holds less than ${amount} ${token}`);
  moveInTransaction(state, { debit: ISSUE, credit: to, token, amount });
  setReserve(state, token, left);
}

/** New coins that the monetary policy brings at the end of an epoch, beyond the reserve. */
export function mint(state: StateWriter, token: TokenName, to: Account, amount: bigint): void {
  move(state, { debit: ISSUE, credit: to, token, amount });
  addToTotal(state, 'minted', token, amount);
}

/** The reverse of `issueFromReserve`. */
export function returnToReserve(state: StateWriter, token: TokenName, from: Account, amount: bigint): void {
  moveInTransaction(state, { debit: from, credit: ISSUE, token, amount });
  setReserve(state, token, reserveOf(state, token) + amount);
}

/** @throws OperationFailure ZERO_AMOUNT */
export function requirePositive(amount: bigint): void {
  if (amount === 0n) fail('ZERO_AMOUNT', 'the amount is zero');
}
