import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { hashOf, signingBytes } from '../../crypto/hash.ts';
import { LIMITS } from '../../util/limits.ts';
import { ApprovalListType } from '../approval.ts';
import { encode } from '../ssz.ts';
import { AddressType, type Hash, Hash32, Key32, Signature64, Text } from '../ssz-bytes.ts';
import { NameOf, SafeU64, U8, U32, U64, U128 } from '../ssz-numbers.ts';
import type { LedgerCatalog } from './catalog.ts';

/**
 * The part of the economy ledger that ties AUR to gold: banks, which are named by their LEI (ISO 17442), what auditors say of
 * their reserves, prices of gold, and the coin that banks mint, burn and pay each other with.
 */

const LeiType = Text(20);
const BicType = Text(11);
/** ISO 20022 UETR: a UUID version 4 in lowercase text form (RFC 9562). */
const UetrType = Text(36);

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

export const COVERAGE_STATES = ['OK', 'WATCH', 'UNDER'] as const;
/** OK: reserve at least 105 % of what is outstanding; WATCH: 100 % to 105 %; UNDER: less than 100 %. */
export type CoverageState = (typeof COVERAGE_STATES)[number];
export const CoverageStateType = NameOf(COVERAGE_STATES);

/** What ReserveAttest leaves behind, with the identity of the attestation. */
const ReserveAttestedType = new ContainerType({
  ...attestationFields,
  id: Hash32,
});

export const GOLD = {
  operations: {
    BankRegister: { kind: 8, type: BankRegisterType },
    ReserveAttest: { kind: 9, type: ReserveAttestType },
    PriceReport: { kind: 10, type: PriceReportType },
    AurMint: { kind: 11, type: AurMintType },
    AurBurn: { kind: 12, type: AurBurnType },
    BankTransfer: { kind: 20, type: BankTransferType },
  },
  statuses: {
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
  },
  events: {
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
  },
} as const satisfies LedgerCatalog;
