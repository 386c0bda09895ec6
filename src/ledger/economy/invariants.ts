import { TOKENS, type TokenName } from '../../types/names.ts';
import { BOND_PURPOSE } from '../../types/operations/settlement-messages.ts';
import { type BlockContext, InvariantViolation, type StateReader } from '../seam.ts';
import {
  type Account,
  type AccountEntry,
  FEE_HOLD,
  FEE_POOL,
  ISSUE,
  parseAccountPath,
  SIGNER_POOL,
} from './account.ts';
import { findAuthority } from './approvals.ts';
import { bankOfAccount, MAX_MINTING_TIER, readBank } from './banks.ts';
import { claimOn, parseClaimPath } from './billing/claims.ts';
import { amountAt, reserveOf, supplyOf, TOTALS, type TotalName, totalOf } from './books.ts';
import { endBlockQueue } from './end-block-queue.ts';
import { readPrice } from './gold-price.ts';
import { readLock } from './locks.ts';
import { assertMinting } from './policy/mint-invariants.ts';
import { listCustodians, outstandingOf, readReserve, reserveValue } from './reserves.ts';
import { assertRewards } from './rewards/invariants.ts';

/**
 * What must hold after every block, whatever the operations did. It is computed from old and new values alone, so a
 * mistake in the code that made the moves shows here. All rules are about differences: what held at genesis and never
 * changes wrongly holds always.
 */
interface Change {
  readonly before: StateReader;
  readonly after: StateReader;
  readonly context: BlockContext;
  readonly changed: readonly string[];
  /** Those of the changed paths that hold value. */
  readonly accounts: readonly AccountEntry[];
}

/** Accounts that hold something only while a block is executed. */
const TRANSIENT: ReadonlySet<Account> = new Set([FEE_HOLD, FEE_POOL, SIGNER_POOL]);

function broken(rule: string): never {
  throw new InvariantViolation(rule);
}

/** @throws InvariantViolation naming the rule that is broken */
export function assertInvariants(
  before: StateReader,
  after: StateReader,
  changed: readonly string[],
  context: BlockContext,
): void {
  const accounts = changed.map(parseAccountPath).filter((entry) => entry !== undefined);
  const change: Change = { before, after, context, changed, accounts };
  assertAccounts(change);
  for (const token of TOKENS) {
    for (const name of TOTALS) assertNeverFalls(change, name, token);
    assertSupply(change, token);
  }
  assertBurn(change);
  assertMinting(before, after, context);
  assertClaims(change);
  assertLocks(change);
  assertBanks(change);
  assertQueue(change);
  assertRewards(before, after, accounts, context.height);
}

/** Per token, the accounts gain together what the contra account says came into being; none of it at a wrong place. */
function assertAccounts({ before, after, accounts }: Change): void {
  const gained: Record<TokenName, bigint> = { GEN: 0n, NEX: 0n, FLX: 0n, AUR: 0n };
  for (const { path, token, account } of accounts) {
    const now = amountAt(after, path);
    const difference = now - amountAt(before, path);
    gained[token] += account === ISSUE ? -difference : difference;
    if (token === 'AUR' && now > 0n && account !== ISSUE) assertBankAccount(after, account);
    if (TRANSIENT.has(account) && now > 0n) broken(`${now} ${token} were left in ${account}`);
  }
  for (const token of TOKENS)
    if (gained[token] !== 0n) broken(`the accounts differ from the supply of ${token} by ${gained[token]}`);
}

function assertBankAccount(after: StateReader, account: Account): void {
  const [kind, address = ''] = account.split('/');
  if (kind !== 'balance' || bankOfAccount(after, address) === undefined)
    broken(`AUR at ${account}, which is no bank's`);
}

function risen({ before, after }: Change, name: TotalName, token: TokenName): bigint {
  return totalOf(after, name, token) - totalOf(before, name, token);
}

function assertNeverFalls(change: Change, name: TotalName, token: TokenName): void {
  if (risen(change, name, token) < 0n) broken(`the total of ${token} ${name} fell`);
}

/** Coins come and go only as the rules of each token say. */
function assertSupply(change: Change, token: TokenName): void {
  const { before, after } = change;
  const difference = supplyOf(after, token) - supplyOf(before, token);
  if (difference !== risen(change, 'issued', token) - risen(change, 'retired', token))
    broken(`the supply of ${token} is not what was issued less what was retired`);
  const reserve = reserveOf(after, token) - reserveOf(before, token);
  switch (token) {
    case 'GEN':
      if (difference !== 0n) broken(`the supply of GEN changed by ${difference}`);
      break;
    case 'NEX':
    case 'FLX':
      if (difference + reserve !== risen(change, 'minted', token) - risen(change, 'burned', token))
        broken(`${token} changed by ${difference}, its reserve by ${reserve}`);
      break;
    case 'AUR':
      if (difference !== outstandingGained(change)) broken('the supply of AUR is not what the banks owe');
      break;
  }
}

function assertBurn(change: Change): void {
  for (const token of ['FLX', 'NEX'] as const)
    if (2n * risen(change, 'burned', token) < risen(change, 'fees', token))
      broken(`less than half of ${token} fees burned`);
}

/** Fees in AUR are burned to the last one, and somebody has a claim for each. */
function assertClaims(change: Change): void {
  const { before, after, changed } = change;
  let gained = 0n;
  for (const path of changed) {
    const claim = parseClaimPath(path);
    if (claim === undefined) continue;
    const grown = claimOn(after, claim.lei, claim.claimant) - claimOn(before, claim.lei, claim.claimant);
    if (grown < 0n) broken(`${path} fell, and nothing settles claims`);
    gained += grown;
  }
  const fees = risen(change, 'fees', 'AUR');
  if (fees !== risen(change, 'burned', 'AUR')) broken('fees in AUR were not burned');
  if (gained !== fees) broken(`claims grew by ${gained} for fees of ${fees} AUR`);
}

const OUTSTANDING = 'outstanding/';

function outstandingGained({ before, after, changed }: Change): bigint {
  let gained = 0n;
  for (const path of changed) {
    if (!path.startsWith(OUTSTANDING)) continue;
    const lei = path.slice(OUTSTANDING.length);
    gained += outstandingOf(after, lei) - outstandingOf(before, lei);
  }
  return gained;
}

/** A lock is made whole and ends whole; of all locks, only validators' bonds are slashed on the way. */
function assertLocks(change: Change): void {
  const { before, after, accounts } = change;
  let slashed = 0n;
  for (const { path, token, account } of accounts) {
    if (!account.startsWith('lock/')) continue;
    const [, ledger = '', ref = ''] = account.split('/');
    const held = amountAt(after, path);
    const lock = readLock(after, ledger as Parameters<typeof readLock>[1], ref);
    if (held > 0n && (lock === undefined || lock.token !== token)) broken(`${path} belongs to no lock`);
    if (held === 0n && lock?.token === token) broken(`${path} is empty`);
    const previous = readLock(before, ledger as Parameters<typeof readLock>[1], ref);
    const same = previous !== undefined && lock !== undefined && previous.owner === lock.owner;
    if (!same || lock.amount >= previous.amount) continue;
    if (lock.ledger !== 'bpci' || lock.purpose !== BOND_PURPOSE) broken(`${path} was reduced`);
    slashed += previous.amount - lock.amount;
  }
  // What bonds lost is what the books call slashed; that it went to the treasury shows in the sum of all accounts.
  if (slashed !== risen(change, 'slashed', 'GEN'))
    broken(`bonds lost ${slashed} GEN that nobody was slashed`);
}

/**
 * Whoever owes more AUR than before may mint, and owes no more than the reserve is worth. Prices and attestations may
 * have changed after the mint in the same block, so the bound is the best of both: at the highest price that any
 * oracle had reported before or after the block, on the larger of the attestations.
 */
function assertBanks(change: Change): void {
  const { before, after, changed } = change;
  let grown = false;
  for (const path of changed) {
    if (!path.startsWith(OUTSTANDING)) continue;
    const lei = path.slice(OUTSTANDING.length);
    const outstanding = outstandingOf(after, lei);
    if (outstanding <= outstandingOf(before, lei)) continue;
    grown = true;
    const bank = readBank(after, lei);
    if (bank === undefined || bank.tier > MAX_MINTING_TIER) broken(`${lei} minted AUR without the right to`);
    if (outstanding > highestReserve(change, lei)) broken(`${lei} owes more AUR than its reserve is worth`);
  }
  if (!grown) return;
  const custodians = new Set([...listCustodians(before), ...listCustodians(after)]);
  const total = [...custodians].reduce((sum, lei) => sum + highestReserve(change, lei), 0n);
  if (supplyOf(after, 'AUR') > total) broken('more AUR than all reserves are worth');
}

function highestReserve({ before, after, context }: Change, lei: string): bigint {
  let price = 0n;
  let value = 0n;
  for (const state of [before, after])
    for (const key of findAuthority(context, 'oracles')?.keys ?? []) {
      const reported = readPrice(state, key)?.microUsdPerOunce ?? 0n;
      if (reported > price) price = reported;
    }
  for (const state of [before, after]) {
    const reserve = readReserve(state, lei);
    if (reserve === undefined) continue;
    const worth = reserveValue(reserve, price, context.parameters.aurHaircutPpm);
    if (worth > value) value = worth;
  }
  return value;
}

function assertQueue({ before, after }: Change): void {
  const then = endBlockQueue.range(before);
  const now = endBlockQueue.range(after);
  if (now.head < then.head || now.tail < then.tail || now.head > now.tail)
    broken('the queue of requests ran backwards');
}
