import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { DecisionType, IdText, PartyListType, SubjectType, TERMS_BOUNDS } from '../agreement.ts';
import { ApprovalListType } from '../approval.ts';
import { AddressType, Bytes, Hash32, Text } from '../ssz-bytes.ts';
import { NameOf, SafeU64, U16, U32 } from '../ssz-numbers.ts';
import type { LedgerCatalog } from './catalog.ts';

/**
 * Operations, statuses and events of the bpi ledger: agreements between parties, and what is done under them. Times are
 * milliseconds of rule time. The subject of an invocation is what a party says of it under its signature: the chain
 * enforces policies on what was said, and keeps who said it.
 */

const EntryText = Text(32);
const ReasonText = Text(128);

/**
 * Proposes an agreement in the bounded YAML subset. The sender is one of the parties; every one of them has to sign.
 * The bound here is wider than that of the rules (16 KiB), so that too much YAML has a status of its own.
 */
export const AgreementProposeType = new ContainerType({ yaml: Bytes(30 * 1024), parties: PartyListType });
export type AgreementPropose = ValueOf<typeof AgreementProposeType>;

/** `versionHash` is the hash of the terms that the signer has read. */
export const AgreementSignType = new ContainerType({ agreement: Hash32, versionHash: Hash32 });
export type AgreementSign = ValueOf<typeof AgreementSignType>;

/** Puts an agreement into force that all parties have signed. */
export const ActivateType = new ContainerType({ agreement: Hash32 });
export type Activate = ValueOf<typeof ActivateType>;

/**
 * Runs an entry of an active agreement for a subject. Entries: `record` appends the hash of `value` to the agreement's
 * chain of records, `put` keeps `value` under `key`, `delete` removes `key`.
 */
export const InvokeType = new ContainerType({
  agreement: Hash32,
  entry: EntryText,
  key: IdText,
  value: Bytes(1024),
  subject: SubjectType,
});
export type Invoke = ValueOf<typeof InvokeType>;

/** Asks what an invocation would come to, by one policy (its id) or by all (empty); changes nothing. */
export const PolicyCheckType = new ContainerType({
  agreement: Hash32,
  policyId: IdText,
  entry: EntryText,
  subject: SubjectType,
});
export type PolicyCheck = ValueOf<typeof PolicyCheckType>;

/** The auditors of genesis attest that a control held during a period; `evidenceRoot` commits to their evidence. */
export const ComplianceAttestType = new ContainerType({
  agreement: Hash32,
  controlId: IdText,
  periodFromMs: SafeU64,
  periodToMs: SafeU64,
  evidenceRoot: Hash32,
  approvals: ApprovalListType,
});
export type ComplianceAttest = ValueOf<typeof ComplianceAttestType>;

/** Any party ends an agreement, for good. */
export const TerminateType = new ContainerType({ agreement: Hash32, reason: ReasonText });
export type Terminate = ValueOf<typeof TerminateType>;

/** Why a policy, or no policy, refused. */
export const REFUSAL_REASONS = [
  'none',
  'not-satisfied',
  'attribute-missing',
  'attribute-malformed',
  'expression-failed',
  'limit-reached',
  'rule-denies',
  'rule-escalates',
  'no-policy-applies',
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** `policyId` and `policyType` are empty if no policy decided. */
const refusalFields = {
  agreement: Hash32,
  entry: EntryText,
  subject: IdText,
  policyId: IdText,
  policyType: Text(32),
  reason: NameOf(REFUSAL_REASONS),
};
/** Implied obligations come on top of those that the terms name. */
const ObligationListType = new ListCompositeType(IdText, TERMS_BOUNDS.obligations + 2);
/** `throttlePpm`: which part of the rate limits remains; `gas`: nodes of expressions that were evaluated. */
const outcomeFields = {
  decision: DecisionType,
  throttlePpm: U32,
  obligations: ObligationListType,
  gas: U32,
};

export const BPI = {
  operations: {
    AgreementPropose: { kind: 2, type: AgreementProposeType },
    AgreementSign: { kind: 3, type: AgreementSignType },
    Activate: { kind: 4, type: ActivateType },
    Invoke: { kind: 5, type: InvokeType },
    PolicyCheck: { kind: 6, type: PolicyCheckType },
    ComplianceAttest: { kind: 7, type: ComplianceAttestType },
    Terminate: { kind: 9, type: TerminateType },
  },
  statuses: {
    // Decisions: the receipt holds the event that names the policy
    DENIED: 3000,
    ESCALATED: 3001,
    // YAML outside the bounded subset
    YAML_TOO_LARGE: 3010,
    YAML_NOT_TEXT: 3011,
    YAML_TOO_DEEP: 3012,
    YAML_TOO_MANY_TOKENS: 3013,
    YAML_TOO_MANY_KEYS: 3014,
    YAML_DIRECTIVE: 3015,
    YAML_ANCHOR: 3016,
    YAML_ALIAS: 3017,
    YAML_TAG: 3018,
    YAML_MERGE_KEY: 3019,
    YAML_DUPLICATE_KEY: 3020,
    YAML_FLOAT: 3021,
    YAML_INTEGER_RANGE: 3022,
    YAML_SCALAR: 3023,
    YAML_KEY: 3024,
    YAML_MULTIPLE_DOCUMENTS: 3025,
    YAML_SYNTAX: 3026,
    // Terms
    TERMS_FIELD_MISSING: 3040,
    TERMS_FIELD_UNKNOWN: 3041,
    TERMS_FIELD_INVALID: 3042,
    TERMS_TOO_LARGE: 3043,
    POLICY_TYPE_UNKNOWN: 3044,
    POLICY_ID_TAKEN: 3045,
    FEATURE_UNAVAILABLE: 3046,
    EXPRESSION_MALFORMED: 3047,
    EXPRESSION_TOO_LARGE: 3048,
    // Agreements
    AGREEMENT_UNKNOWN: 3060,
    PARTIES_INVALID: 3061,
    NOT_A_PARTY: 3062,
    VERSION_MISMATCH: 3063,
    NOT_A_DRAFT: 3064,
    ALREADY_SIGNED: 3065,
    NOT_FULLY_SIGNED: 3066,
    NOT_ACTIVE: 3067,
    NOT_IN_FORCE: 3068,
    ALREADY_TERMINATED: 3069,
    // Invocations
    ENTRY_UNKNOWN: 3080,
    INPUT_INVALID: 3081,
    SUBJECT_INVALID: 3082,
    KEY_UNKNOWN: 3083,
    STORE_FULL: 3084,
    POLICY_UNKNOWN: 3085,
    // Attestations of compliance
    PERIOD_INVALID: 3090,
    ALREADY_ATTESTED: 3091,
    AUDITORS_UNKNOWN: 3092,
    AUDITORS_TOO_FEW: 3093,
    AUDITOR_UNKNOWN: 3094,
    AUDITOR_REPEATED: 3095,
    AUDITOR_SIGNATURE_WRONG: 3096,
  },
  events: {
    AgreementProposed: {
      kind: 1,
      type: new ContainerType({
        agreement: Hash32,
        proposer: AddressType,
        versionHash: Hash32,
        name: Text(TERMS_BOUNDS.nameBytes),
        parties: U16,
      }),
    },
    AgreementSigned: {
      kind: 2,
      type: new ContainerType({ agreement: Hash32, party: AddressType, signed: U16, needed: U16 }),
    },
    AgreementActivated: { kind: 3, type: new ContainerType({ agreement: Hash32, versionHash: Hash32 }) },
    /** `output` is what the entry returned: a hash of the record chain, of the value, or of what was removed. */
    Invoked: {
      kind: 4,
      type: new ContainerType({
        agreement: Hash32,
        entry: EntryText,
        subject: IdText,
        sequence: SafeU64,
        output: Hash32,
        ...outcomeFields,
      }),
    },
    /** The one event of a receipt with the status DENIED or ESCALATED. */
    Refused: { kind: 5, type: new ContainerType(refusalFields) },
    PolicyChecked: { kind: 6, type: new ContainerType({ ...refusalFields, ...outcomeFields }) },
    ComplianceAttested: {
      kind: 7,
      type: new ContainerType({
        agreement: Hash32,
        controlId: IdText,
        periodFromMs: SafeU64,
        periodToMs: SafeU64,
        evidenceRoot: Hash32,
      }),
    },
    AgreementTerminated: {
      kind: 9,
      type: new ContainerType({ agreement: Hash32, by: AddressType, reason: ReasonText }),
    },
    /** Under advisory enforcement: what would have been refused. */
    Violated: { kind: 10, type: new ContainerType(refusalFields) },
  },
} as const satisfies LedgerCatalog;

export type BpiStatus = keyof typeof BPI.statuses;
export type Refusal = ValueOf<typeof BPI.events.Refused.type>;
