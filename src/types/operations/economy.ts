import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { ApprovalListType } from '../approval.ts';
import { LedgerNameType, TokenNameType } from '../names.ts';
import { AddressType, Hash32, Text } from '../ssz-bytes.ts';
import { SafeU64, U32, U128 } from '../ssz-numbers.ts';
import type { LedgerCatalog } from './catalog.ts';
import { CROSS_BORDER_CHARGED } from './economy-billing.ts';
import { GOLD } from './economy-gold.ts';
import { REWARDS } from './economy-rewards.ts';

/**
 * Operations, statuses and events of the economy ledger. Amounts are micro-units (1e-6 of a coin),
 * times are milliseconds of rule time.
 */

/** A remark or an external reference of a payment; no personal data belongs on a chain. */
const ReferenceType = Text(64);
/** What a lock is for, agreed with the ledger that consumes it: lowercase letters, digits and hyphens. */
const PurposeType = Text(32);

export const TransferType = new ContainerType({
  to: AddressType,
  token: TokenNameType,
  amount: U128,
  reference: ReferenceType,
});
export type Transfer = ValueOf<typeof TransferType>;

/** Reserves the sender's value for another ledger under (ledger, ref), which must be unused. */
export const LockType = new ContainerType({
  ledger: LedgerNameType,
  purpose: PurposeType,
  ref: Hash32,
  token: TokenNameType,
  amount: U128,
});
export type Lock = ValueOf<typeof LockType>;

/** Asks for a lock back; executes in EndBlock, and fails there if the ledger has spent the lock. */
export const UnlockType = new ContainerType({
  ledger: LedgerNameType,
  ref: Hash32,
});
export type Unlock = ValueOf<typeof UnlockType>;

/** Fills anyone's meter from the sender's balance; sections may charge it from the next block on. */
export const MeterDepositType = new ContainerType({
  payer: AddressType,
  ledger: LedgerNameType,
  token: TokenNameType,
  amount: U128,
});
export type MeterDeposit = ValueOf<typeof MeterDepositType>;

/** Takes from the sender's own meter in EndBlock, after the block's charges: the smaller of asked and left. */
export const MeterWithdrawType = new ContainerType({
  ledger: LedgerNameType,
  token: TokenNameType,
  amount: U128,
});
export type MeterWithdraw = ValueOf<typeof MeterWithdrawType>;

/** Issues NEX or FLX out of the reserve of genesis; `basis` is the hash of the document that justifies it. */
export const CoinIssueType = new ContainerType({
  token: TokenNameType,
  to: AddressType,
  amount: U128,
  basis: Hash32,
  approvals: ApprovalListType,
});
export type CoinIssue = ValueOf<typeof CoinIssueType>;

/** Returns NEX or FLX of the sender to the reserve: the supply falls. */
export const CoinRedeemType = new ContainerType({
  token: TokenNameType,
  amount: U128,
});
export type CoinRedeem = ValueOf<typeof CoinRedeemType>;

/** Testnet coins out of the FLX reserve; anyone may send it, each address receives once per interval. */
export const FaucetType = new ContainerType({ to: AddressType });
export type Faucet = ValueOf<typeof FaucetType>;

/**
 * Binds the sender to a mining pool from the running epoch on; an account that joins itself opens a pool. `feePpm`: what
 * the pool takes of each share, or the most that the sender grants it.
 */
export const PoolJoinType = new ContainerType({ pool: AddressType, feePpm: U32 });
export type PoolJoin = ValueOf<typeof PoolJoinType>;

/** Ends that with the running epoch. A pool that leaves itself is closed. */
export const PoolLeaveType = new ContainerType({ pool: AddressType });
export type PoolLeave = ValueOf<typeof PoolLeaveType>;

export const ECONOMY = {
  operations: {
    Transfer: { kind: 1, type: TransferType },
    Lock: { kind: 2, type: LockType },
    Unlock: { kind: 3, type: UnlockType },
    MeterDeposit: { kind: 4, type: MeterDepositType },
    MeterWithdraw: { kind: 5, type: MeterWithdrawType },
    CoinIssue: { kind: 6, type: CoinIssueType },
    CoinRedeem: { kind: 7, type: CoinRedeemType },
    ...GOLD.operations,
    ...REWARDS.operations,
    Faucet: { kind: 40, type: FaucetType },
    PoolJoin: { kind: 41, type: PoolJoinType },
    PoolLeave: { kind: 42, type: PoolLeaveType },
  },
  statuses: {
    // Amounts, tokens, accounts
    ZERO_AMOUNT: 5000,
    INSUFFICIENT_BALANCE: 5001,
    TOKEN_NOT_ALLOWED: 5002,
    SAME_ACCOUNT: 5003,
    AMOUNT_OVERFLOW: 5004,
    LEDGER_NOT_ALLOWED: 5005,
    // Locks and meters
    LOCK_EXISTS: 5010,
    LOCK_UNKNOWN: 5011,
    NOT_LOCK_OWNER: 5012,
    LOCK_SPENT: 5013,
    INVALID_PURPOSE: 5014,
    UNLOCK_PENDING: 5015,
    METER_EMPTY: 5020,
    // Coins
    RESERVE_EXHAUSTED: 5030,
    // Approvals of an authority
    AUTHORITY_UNKNOWN: 5035,
    APPROVALS_TOO_FEW: 5036,
    APPROVAL_KEY_UNKNOWN: 5037,
    APPROVAL_KEY_REPEATED: 5038,
    APPROVAL_SIGNATURE_WRONG: 5039,
    APPROVAL_USED: 5040,
    ...GOLD.statuses,
    // Faucet
    FAUCET_CLOSED: 5100,
    FAUCET_TOO_SOON: 5101,
    // Mining pools
    POOL_UNKNOWN: 5110,
    INVALID_POOL_FEE: 5111,
    POOL_FEE_TOO_HIGH: 5112,
    ALREADY_IN_POOL: 5113,
    NOT_IN_POOL: 5114,
    ...REWARDS.statuses,
  },
  events: {
    Transferred: {
      kind: 1,
      type: new ContainerType({
        from: AddressType,
        to: AddressType,
        token: TokenNameType,
        amount: U128,
        reference: ReferenceType,
      }),
    },
    Locked: {
      kind: 2,
      type: new ContainerType({
        owner: AddressType,
        ledger: LedgerNameType,
        purpose: PurposeType,
        ref: Hash32,
        token: TokenNameType,
        amount: U128,
      }),
    },
    UnlockQueued: {
      kind: 3,
      type: new ContainerType({
        owner: AddressType,
        ledger: LedgerNameType,
        ref: Hash32,
        position: SafeU64,
      }),
    },
    MeterDeposited: {
      kind: 4,
      type: new ContainerType({
        from: AddressType,
        payer: AddressType,
        ledger: LedgerNameType,
        token: TokenNameType,
        amount: U128,
      }),
    },
    MeterWithdrawQueued: {
      kind: 5,
      type: new ContainerType({
        payer: AddressType,
        ledger: LedgerNameType,
        token: TokenNameType,
        amount: U128,
        position: SafeU64,
      }),
    },
    CoinIssued: {
      kind: 6,
      type: new ContainerType({
        to: AddressType,
        token: TokenNameType,
        amount: U128,
        basis: Hash32,
      }),
    },
    CoinRedeemed: {
      kind: 7,
      type: new ContainerType({
        from: AddressType,
        token: TokenNameType,
        amount: U128,
      }),
    },
    ...GOLD.events,
    CrossBorderCharged: CROSS_BORDER_CHARGED,
    ...REWARDS.events,
    FaucetPaid: {
      kind: 40,
      type: new ContainerType({ to: AddressType, amount: U128 }),
    },
    /** `feePpm` is what the pool takes of the member's shares from `epoch` on. */
    PoolJoined: {
      kind: 41,
      type: new ContainerType({ member: AddressType, pool: AddressType, feePpm: U32, epoch: SafeU64 }),
    },
    PoolLeft: {
      kind: 42,
      type: new ContainerType({ member: AddressType, pool: AddressType, lastEpoch: SafeU64 }),
    },
  },
} as const satisfies LedgerCatalog;

export type EconomyStatus = keyof typeof ECONOMY.statuses;
