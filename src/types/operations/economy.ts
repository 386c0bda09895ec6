import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { hashOf, signingBytes } from '../../crypto/hash.ts';
import { LIMITS } from '../../util/limits.ts';
import { ApprovalListType } from '../approval.ts';
import { LedgerNameType, TokenNameType } from '../names.ts';
import {
  AddressType,
  encode,
  type Hash,
  Hash32,
  Key32,
  NameOf,
  SafeU64,
  Signature64,
  Text,
  U8,
  U16,
  U32,
  U64,
  U128,
} from '../ssz.ts';
import type { LedgerCatalog } from './catalog.ts';
import { BILLING_COMMITMENT, CROSS_BORDER_CHARGED } from './economy-billing.ts';
import { REWARD_SYSTEM_RECEIPTS, REWARDS } from './economy-rewards.ts';

/**
 * Operations, statuses, events and system receipts of the economy ledger. Amounts are micro-units (1e-6 of a coin),
 * times are milliseconds of rule time, banks are named by their LEI (ISO 17442).
 */

/** A remark or an external reference of a payment; no personal data belongs on a chain. */
const ReferenceType = Text(64);
/** What a lock is for, agreed with the ledger that consumes it: lowercase letters, digits and hyphens. */
const PurposeType = Text(32);
const LeiType = Text(20);
const BicType = Text(11);
/** ISO 20022 UETR: a UUID version 4 in lowercase text form (RFC 9562). */
const UetrType = Text(36);

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

/** Tier 1 and 2 may mint AUR, tier 3 only passes it on. */
export const BankRegisterType = new ContainerType({
  lei: LeiType,
  bic: BicType,
  tier: U8,
  account: AddressType,
  licenseHash: Hash32,
  approvals: ApprovalListType,
});
export type BankRegister = ValueOf<typeof BankRegisterType>;

const attestationFields = {
  /** LEI of the bank that holds the reserve. */
  custodian: LeiType,
  /** Root of the list of gold bars; the chain cannot look into the vault, only at who vouches for it. */
  barsRoot: Hash32,
  /** Fine gold in milligrams. */
  fineMg: U64,
  /** Cash in US cents. */
  cashCents: U64,
  asOfMs: SafeU64,
  expiresMs: SafeU64,
};
const AttestationBodyType = new ContainerType(attestationFields);
export type AttestationBody = ValueOf<typeof AttestationBodyType>;
const AuditorSignatureType = new ContainerType({
  key: Key32,
  signature: Signature64,
});

export const ReserveAttestType = new ContainerType({
  ...attestationFields,
  signatures: new ListCompositeType(AuditorSignatureType, LIMITS.maxAuthorityKeys),
});
export type ReserveAttest = ValueOf<typeof ReserveAttestType>;

function encodeAttestationBody(attestation: AttestationBody): Uint8Array {
  return encode(AttestationBodyType, attestation);
}

/** What each auditor of a reserve signs. */
export function attestationSigningBytes(genesisHash: Hash, attestation: AttestationBody): Uint8Array {
  return signingBytes('attestation', genesisHash, encodeAttestationBody(attestation));
}

/** Identity of an attestation: H("operation", its body without signatures). */
export function attestationId(attestation: AttestationBody): Hash {
  return hashOf('operation', encodeAttestationBody(attestation));
}

/** Price of one troy ounce (31.1034768 g) of fine gold in micro-USD, the unit in which XAU/USD is quoted. */
export const PriceReportType = new ContainerType({ microUsdPerOunce: U64 });
export type PriceReport = ValueOf<typeof PriceReportType>;

/** `bank` is the LEI of the sender's bank, to whose account the AUR (1 AUR = a claim of 1 USD) goes. */
export const AurMintType = new ContainerType({ bank: LeiType, amount: U128 });
export type AurMint = ValueOf<typeof AurMintType>;

/** Redeems AUR of the sender's bank against what that bank has outstanding. */
export const AurBurnType = new ContainerType({ amount: U128 });
export type AurBurn = ValueOf<typeof AurBurnType>;

/** AUR from the debtor's bank, whose account is the sender, to the creditor's bank (ISO 20022 pacs.009). */
export const BankTransferType = new ContainerType({
  uetr: UetrType,
  debtorBank: LeiType,
  creditorBank: LeiType,
  amount: U128,
  /** Hash of the salted payment message, which stays between the banks. */
  referenceHash: Hash32,
});
export type BankTransfer = ValueOf<typeof BankTransferType>;

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

export const COVERAGE_STATES = ['OK', 'WATCH', 'UNDER'] as const;
/** OK: reserve at least 105 % of what is outstanding; WATCH: 100 % to 105 %; UNDER: less than 100 %. */
export type CoverageState = (typeof COVERAGE_STATES)[number];
export const CoverageStateType = NameOf(COVERAGE_STATES);

/** What ReserveAttest leaves behind, with the identity of the attestation. */
const ReserveAttestedType = new ContainerType({
  ...attestationFields,
  id: Hash32,
});

export const ECONOMY = {
  operations: {
    Transfer: { kind: 1, type: TransferType },
    Lock: { kind: 2, type: LockType },
    Unlock: { kind: 3, type: UnlockType },
    MeterDeposit: { kind: 4, type: MeterDepositType },
    MeterWithdraw: { kind: 5, type: MeterWithdrawType },
    CoinIssue: { kind: 6, type: CoinIssueType },
    CoinRedeem: { kind: 7, type: CoinRedeemType },
    BankRegister: { kind: 8, type: BankRegisterType },
    ReserveAttest: { kind: 9, type: ReserveAttestType },
    PriceReport: { kind: 10, type: PriceReportType },
    AurMint: { kind: 11, type: AurMintType },
    AurBurn: { kind: 12, type: AurBurnType },
    BankTransfer: { kind: 20, type: BankTransferType },
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
    // Banks
    INVALID_LEI: 5050,
    INVALID_BIC: 5051,
    INVALID_TIER: 5052,
    LEI_TAKEN: 5053,
    BIC_TAKEN: 5054,
    ACCOUNT_TAKEN: 5055,
    BANK_UNKNOWN: 5056,
    NOT_BANK_ACCOUNT: 5057,
    TIER_NOT_ALLOWED: 5058,
    BANK_SUSPENDED: 5059,
    // Attestations of reserves
    ATTESTATION_TOO_SOON: 5060,
    ATTESTATION_IN_FUTURE: 5061,
    ATTESTATION_EXPIRED: 5062,
    ATTESTATION_TOO_LONG: 5063,
    ATTESTATION_NOT_NEWER: 5064,
    AUDITORS_TOO_FEW: 5065,
    AUDITOR_UNKNOWN: 5066,
    AUDITOR_REPEATED: 5067,
    AUDITOR_IS_CUSTODIAN: 5068,
    AUDITOR_SIGNATURE_WRONG: 5069,
    BARS_CLAIMED: 5070,
    TOO_MANY_CUSTODIANS: 5071,
    // Prices
    NOT_AN_ORACLE: 5080,
    PRICE_TOO_SOON: 5081,
    INVALID_PRICE: 5082,
    PRICE_STALE: 5083,
    PRICE_DISPERSED: 5084,
    // AUR
    RESERVE_UNATTESTED: 5090,
    COVERAGE_NOT_OK: 5091,
    BANK_RESERVE_EXCEEDED: 5092,
    TOTAL_RESERVE_EXCEEDED: 5093,
    NOT_OUTSTANDING: 5094,
    INVALID_UETR: 5095,
    UETR_USED: 5096,
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
    BankRegistered: {
      kind: 8,
      type: new ContainerType({
        lei: LeiType,
        bic: BicType,
        tier: U8,
        account: AddressType,
        licenseHash: Hash32,
      }),
    },
    ReserveAttested: { kind: 9, type: ReserveAttestedType },
    PriceReported: {
      kind: 10,
      type: new ContainerType({ oracle: Key32, microUsdPerOunce: U64 }),
    },
    AurMinted: {
      kind: 11,
      type: new ContainerType({
        bank: LeiType,
        to: AddressType,
        amount: U128,
        outstanding: U128,
        reserve: U128,
        price: U64,
      }),
    },
    /** `payoutPpm`: the share of each AUR that the bank's reserve covered before, at most 1 000 000. */
    AurBurned: {
      kind: 12,
      type: new ContainerType({
        bank: LeiType,
        from: AddressType,
        amount: U128,
        outstanding: U128,
        payoutPpm: U32,
      }),
    },
    CoverageChanged: {
      kind: 13,
      type: new ContainerType({
        bank: LeiType,
        from: CoverageStateType,
        to: CoverageStateType,
        outstanding: U128,
        reserve: U128,
      }),
    },
    BankTransferred: {
      kind: 20,
      type: new ContainerType({
        uetr: UetrType,
        debtorBank: LeiType,
        creditorBank: LeiType,
        from: AddressType,
        to: AddressType,
        amount: U128,
        referenceHash: Hash32,
      }),
    },
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

/** Outcomes of what Unlock and MeterWithdraw queued; `status` is 0 or a status of this catalog. */
export const UnlockOutcomeType = new ContainerType({
  position: SafeU64,
  status: U16,
  owner: AddressType,
  ledger: LedgerNameType,
  ref: Hash32,
  token: TokenNameType,
  amount: U128,
});

/** `amount` is what the meter still held, up to what was asked. */
export const MeterWithdrawOutcomeType = new ContainerType({
  position: SafeU64,
  payer: AddressType,
  ledger: LedgerNameType,
  token: TokenNameType,
  amount: U128,
});

/**
 * The end of an epoch, with the first block after it, which begins epoch `next`; those between were idle. Φ and Γ are
 * the network's, in millionths, Φ per active node. `work` is what fees for jobs brought the chain for good, in
 * micro-NEX, by `workers` operators. `fees` are all of the epoch, in micro-FLX. New NEX, at most `nexCap`, waits to be
 * shared among the workers; new FLX went to the reserve account.
 */
export const EpochClosedType = new ContainerType({
  epoch: SafeU64,
  next: SafeU64,
  phi: U128,
  gamma: U128,
  activeNodes: U32,
  workers: U32,
  work: U128,
  fees: U128,
  nexCap: U128,
  nexMinted: U128,
  flxMinted: U128,
});

/** An operator's part of the NEX of an epoch is paid: `amount` less `fee`, which the operator's pool gets. */
export const EpochSharePaidType = new ContainerType({
  epoch: SafeU64,
  operator: AddressType,
  amount: U128,
  pool: new ListCompositeType(AddressType, 1),
  fee: U128,
});

/** What gas costs from the next block on, in micro-FLX, and the gas that fees of this one paid for. */
const GasPriceChangedType = new ContainerType({ gasPrice: U128, gasSold: SafeU64 });

/** System receipts of the economy ledger, by name. */
export const ECONOMY_SYSTEM_RECEIPTS = {
  UnlockOutcome: { kind: 5001, type: UnlockOutcomeType },
  MeterWithdrawOutcome: { kind: 5002, type: MeterWithdrawOutcomeType },
  BillingCommitment: BILLING_COMMITMENT,
  EpochClosed: { kind: 5041, type: EpochClosedType },
  EpochSharePaid: { kind: 5042, type: EpochSharePaidType },
  GasPriceChanged: { kind: 5040, type: GasPriceChangedType },
  ...REWARD_SYSTEM_RECEIPTS,
} as const satisfies LedgerCatalog['operations'];
