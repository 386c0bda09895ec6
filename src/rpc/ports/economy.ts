import type { Claimant } from '../../types/billing.ts';
import type { LedgerName, TokenName } from '../../types/names.ts';
import type { Address, Hash } from '../../types/ssz.ts';

export interface TokenSupply {
  readonly token: TokenName;
  readonly issued: bigint;
  readonly redeemed: bigint;
  /** Of what was issued: what epochs minted beyond the reserve of genesis. */
  readonly minted: bigint;
  /** Sum of everything that someone holds: balances, locks, meters, escrows, treasury, value in flight. */
  readonly held: bigint;
}

export interface GoldReserve {
  readonly custodian: string;
  readonly fineMilligrams: bigint;
  readonly cash: bigint;
  readonly asOfMs: number;
  readonly expiresMs: number;
}

export interface LockView {
  readonly ledger: LedgerName;
  readonly purpose: string;
  readonly ref: Hash;
  readonly token: TokenName;
  readonly amount: bigint;
}

/** What a bank owes in micro-US-dollars for AUR that was burned as a fee. */
export interface ClaimView {
  readonly bank: string;
  readonly claimant: Claimant;
  readonly amount: bigint;
}

/** What gas costs in the next block, in micro-FLX, and how that is found. */
export interface GasMarketView {
  readonly price: bigint;
  /** The price of genesis, the lowest that it may be. */
  readonly floor: bigint;
  /** Gas of a block above which the price rises, and below which it falls. */
  readonly targetPerBlock: number;
}

/** Reads of the economy's state at the head. */
export interface EconomyPort {
  balance(address: Address, token: TokenName): bigint;
  meter(payer: Address, ledger: LedgerName, token: TokenName): bigint;
  supply(): readonly TokenSupply[];
  gas(): GasMarketView;
  reserves(): {
    readonly outstanding: bigint;
    readonly price: { readonly median: bigint; readonly reports: number; readonly atMs: number } | undefined;
    readonly reserves: readonly GoldReserve[];
  };
  locks(owner: Address): readonly LockView[];
  /** By bank and claimant; nothing settles one yet. */
  claims(): readonly ClaimView[];
}
