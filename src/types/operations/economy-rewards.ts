import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { ApprovalListType } from '../approval.ts';
import { LedgerNameType, TOKENS, TokenNameType } from '../names.ts';
import { AddressType, Hash32 } from '../ssz-bytes.ts';
import { Bool, Height, SafeU64, U8, U16, U32, U128 } from '../ssz-numbers.ts';
import type { LedgerCatalog } from './catalog.ts';

/**
 * The part of the economy ledger that pays who does the work of the chain: miners, providers, proposers, signers, and
 * the owner of the network with its guardrails.
 */

/** Names the account that the owner's share is paid to; until then there is no owner, and no share. */
export const OwnerAccountType = new ContainerType({ account: AddressType, approvals: ApprovalListType });
export type OwnerAccount = ValueOf<typeof OwnerAccountType>;

/** The compliance flag: while it is up, what the owner would be paid waits. `basis`: hash of the document for it. */
export const OwnerHoldType = new ContainerType({ held: Bool, basis: Hash32, approvals: ApprovalListType });
export type OwnerHold = ValueOf<typeof OwnerHoldType>;

export const REWARDS = {
  operations: {
    OwnerAccount: { kind: 29, type: OwnerAccountType },
    OwnerHold: { kind: 30, type: OwnerHoldType },
  },
  statuses: {
    OWNER_ACCOUNT_SAME: 5120,
    OWNER_HOLD_SAME: 5121,
  },
  events: {
    OwnerAccountChanged: { kind: 29, type: new ContainerType({ account: AddressType }) },
    OwnerHoldChanged: { kind: 30, type: new ContainerType({ held: Bool, basis: Hash32 }) },
  },
} as const satisfies LedgerCatalog;

/** As many as fit in the data of one receipt. */
export const PROVIDERS_PER_RECEIPT = 20;

/**
 * What became of the fees of a section's jobs in one token: `locked` with its miner for ever, in the `pool` of the
 * section, accrued to the `owner`, in the `treasury`. `rank` is the one that the section is paid by.
 */
const JobFeesSettledType = new ContainerType({
  ledger: LedgerNameType,
  token: TokenNameType,
  miner: AddressType,
  rank: U8,
  jobs: U32,
  value: U128,
  fee: U128,
  locked: U128,
  pool: U128,
  owner: U128,
  treasury: U128,
});

/**
 * The pool of a section of the block at `height`, which is final now: what miner and proposer got, all providers of
 * credited work together, and each signer of the certificate that counts; the rest is the treasury's.
 */
const SectionRewardedType = new ContainerType({
  ledger: LedgerNameType,
  token: TokenNameType,
  height: Height,
  pool: U128,
  miner: AddressType,
  rank: U8,
  minerReward: U128,
  proposer: AddressType,
  proposerReward: U128,
  providers: U16,
  providersReward: U128,
  signers: U16,
  signerReward: U128,
  treasury: U128,
});

/** What the providers of a section's credited work got, ascending by operator. */
const ProvidersRewardedType = new ContainerType({
  ledger: LedgerNameType,
  token: TokenNameType,
  height: Height,
  payments: new ListCompositeType(
    new ContainerType({ operator: AddressType, amount: U128 }),
    PROVIDERS_PER_RECEIPT,
  ),
});

const OwnerSalaryRowType = new ContainerType({
  token: TokenNameType,
  /** The owner's share of the jobs of the month, and the part of it beyond the cap, which is the treasury's. */
  gross: U128,
  excess: U128,
  /** Put by now, to vest from now on. */
  vesting: U128,
  /** The other half of this month, and what of earlier months has vested since the last report. */
  due: U128,
  /** To the owner's account: what is due with all that was held back before, or nothing while `held`. */
  paid: U128,
});

/**
 * The report of an owner's month, numbered from genesis: what accrued, what the cap let through, in micro-USD at the
 * reference prices of the chain, and what was paid. While `held`, all that is due is held back.
 */
const OwnerSalaryType = new ContainerType({
  month: U32,
  /** Rule time of the block. */
  atMs: SafeU64,
  account: AddressType,
  held: Bool,
  capUsd: U128,
  treasuryUsd: U128,
  rows: new ListCompositeType(OwnerSalaryRowType, TOKENS.length),
});

export const REWARD_SYSTEM_RECEIPTS = {
  JobFeesSettled: { kind: 5010, type: JobFeesSettledType },
  SectionRewarded: { kind: 5011, type: SectionRewardedType },
  ProvidersRewarded: { kind: 5012, type: ProvidersRewardedType },
  OwnerSalary: { kind: 5013, type: OwnerSalaryType },
} as const satisfies LedgerCatalog['operations'];
