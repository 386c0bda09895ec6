import type { LedgerName } from '../../types/names.ts';
import { TOKENS, type TokenName } from '../../types/names.ts';
import type { Address, Hash } from '../../types/ssz-bytes.ts';

/**
 * Everything that can hold value. All of it stands in the state as one amount per account and token, under
 * `account/<token>/<account>`; nothing else in the state is money.
 *
 * - `balance`: what an address can spend
 * - `meter`: prepaid fees of a payer on a ledger
 * - `lock`: value reserved for another ledger
 * - `epoch-pool`: new NEX of closed epochs, until everyone's share is paid
 * - `flx-reserve`: new FLX, for the chain itself; nothing pays out of it yet
 * - `locked`: what a miner earned and never can withdraw
 * - `treasury`: what nobody earned of fees, and GEN that genesis gave to nobody
 * - `pool`: fees of a ledger's section that wait for the block to be final
 * - `signer-pool`: what the signers of a certificate share, within EndBlock
 * - `owner-accrued`, `owner-vesting`, `owner-escrow`: the owner's share of this month, what of earlier ones has not
 *   vested, and what is due to it and held back
 * - `fee-hold`: the fee of the economy transaction that is being executed
 * - `fee-pool`: fees of this block's economy section, until EndBlock
 * - `issue`: the contra account. Its amount is what exists: coins come out of it and go back into it
 */
export type Account =
  | `balance/${Address}`
  | `meter/${LedgerName}/${Address}`
  | `lock/${LedgerName}/${Hash}`
  | `locked/${Address}`
  | 'treasury'
  | 'epoch-pool'
  | 'flx-reserve'
  | `pool/${LedgerName}`
  | 'signer-pool'
  | 'owner-accrued'
  | 'owner-vesting'
  | 'owner-escrow'
  | 'fee-hold'
  | 'fee-pool'
  | 'issue';

export const TREASURY = 'treasury' satisfies Account;
export const EPOCH_POOL = 'epoch-pool' satisfies Account;
export const FLX_RESERVE = 'flx-reserve' satisfies Account;
export const SIGNER_POOL = 'signer-pool' satisfies Account;
export const OWNER_ACCRUED = 'owner-accrued' satisfies Account;
export const OWNER_VESTING = 'owner-vesting' satisfies Account;
export const OWNER_ESCROW = 'owner-escrow' satisfies Account;
export const FEE_HOLD = 'fee-hold' satisfies Account;
export const FEE_POOL = 'fee-pool' satisfies Account;
export const ISSUE = 'issue' satisfies Account;

export function balanceAccount(address: Address): Account {
  return `balance/${address}`;
}

export function meterAccount(ledger: LedgerName, payer: Address): Account {
  return `meter/${ledger}/${payer}`;
}

export function lockAccount(ledger: LedgerName, ref: Hash): Account {
  return `lock/${ledger}/${ref}`;
}

export function lockedAccount(miner: Address): Account {
  return `locked/${miner}`;
}

export function poolAccount(ledger: LedgerName): Account {
  return `pool/${ledger}`;
}

const PREFIX = 'account';

export function accountPath(account: Account, token: TokenName): string {
  return `${PREFIX}/${token}/${account}`;
}

const PREFIXES = TOKENS.map((token) => ({ token, prefix: `${PREFIX}/${token}/` }));

/** What a path of the state that holds value stands for. */
export interface AccountEntry {
  readonly path: string;
  readonly token: TokenName;
  readonly account: Account;
}

/** Token and account of a path of the state, or undefined for a path that holds no value. */
export function parseAccountPath(path: string): AccountEntry | undefined {
  if (!path.startsWith(PREFIX)) return undefined;
  const found = PREFIXES.find(({ prefix }) => path.startsWith(prefix));
  if (found === undefined) return undefined;
  return { path, token: found.token, account: path.slice(found.prefix.length) as Account };
}
