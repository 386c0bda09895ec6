import type { Claimant } from '../../types/billing.ts';
import type { LedgerName, TokenName } from '../../types/names.ts';
import type { Address, Hash } from '../../types/ssz-bytes.ts';

export interface TokenSupply {
  readonly token: TokenName;
  readonly issued: bigint;
  readonly redeemed: bigint;
  /** Of what was issued: what epochs minted beyond the reserve of genesis. */
  readonly minted: bigint;
  /** Sum of everything that someone holds: balances, locks, meters, escrows, treasury, value in flight. */
  readonly held: bigint;
  /** Part of `redeemed`: fees that were burned. */
  readonly burned: bigint;
  /** Parts of `held`: what is the treasury's, locked with miners for ever, and vesting for the owner. */
  readonly treasury: bigint;
  readonly locked: bigint;
  readonly vesting: bigint;
}

/** What an account earned of one token since genesis, by what it did for it, and what is locked with it for ever. */
export interface TokenRewards {
  readonly token: TokenName;
  readonly miner: bigint;
  readonly provider: bigint;
  readonly proposer: bigint;
  readonly signer: bigint;
  readonly locked: bigint;
}

/** What waits for the owner of the network. */
export interface OwnerView {
  /** Whether its pay is held back. */
  readonly held: boolean;
  /** The last month that was settled, counted from genesis. */
  readonly month: number;
  readonly tokens: readonly {
    readonly token: TokenName;
    /** Of this month, before the cap; of earlier months, not vested yet; due, and held back. */
    readonly accrued: bigint;
    readonly vesting: bigint;
    readonly escrow: bigint;
  }[];
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
  /** Of each token, and, if it is the owner's account, what waits for the owner. */
  rewards(address: Address): {
    readonly tokens: readonly TokenRewards[];
    readonly owner: OwnerView | undefined;
  };
  reserves(): {
    readonly outstanding: bigint;
    readonly price: { readonly median: bigint; readonly reports: number; readonly atMs: number } | undefined;
    readonly reserves: readonly GoldReserve[];
  };
  locks(owner: Address): readonly LockView[];
  /** By bank and claimant; nothing settles one yet. */
  claims(): readonly ClaimView[];
}
