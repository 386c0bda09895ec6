import { ContainerType, ListCompositeType, type Type, type ValueOf } from '@chainsafe/ssz';
import { hashOf } from '../crypto/hash.ts';
import { LIMITS } from '../util/limits.ts';
import { decode, encode } from './ssz.ts';
import { type Address, AddressType, Bytes, type Hash, Hash32, Text } from './ssz-bytes.ts';
import { NameOf, SafeU64, U16, U32, U64 } from './ssz-numbers.ts';

/**
 * The terms of an agreement as the chain keeps them. Parties write YAML; what they sign is the hash of these bytes, so
 * comments, quotes, order of keys and indentation cannot change it.
 */

/** Bounds of terms. They are consensus rules: changing one is a fork. */
export const TERMS_BOUNDS = {
  policies: LIMITS.maxPoliciesPerAgreement,
  listItems: LIMITS.maxItemsPerPolicy,
  parties: LIMITS.maxAgreementParties,
  nodesPerExpression: LIMITS.maxNodesPerExpression,
  nodes: LIMITS.maxNodesPerAgreement,
  attributes: LIMITS.maxAttributesPerSubject,
  obligations: LIMITS.maxObligationsPerAgreement,
  textBytes: 256,
  nameBytes: 128,
  idBytes: 64,
} as const;

export const IdText = Text(TERMS_BOUNDS.idBytes);
export const ItemText = Text(TERMS_BOUNDS.textBytes);
const ItemListType = new ListCompositeType(ItemText, TERMS_BOUNDS.listItems);

/**
 * Classes of data, from open to closed. Each level holds itself and what is below it; PCI and PHI stand side by side
 * above PII, and neither holds the other.
 */
export const DATA_CLASSES = ['Public', 'General', 'PII', 'PCI', 'PHI'] as const;
export type DataClass = (typeof DATA_CLASSES)[number];

/** A node of an expression in postfix order. */
export const EXPRESSION_OPERATORS = [
  'integer',
  'text',
  'boolean',
  'path',
  'list',
  'not',
  'and',
  'or',
  'equal',
  'unequal',
  'less',
  'at-most',
  'greater',
  'at-least',
  'in',
  'add',
  'subtract',
  'multiply',
  'negate',
] as const;
export type ExpressionOperator = (typeof EXPRESSION_OPERATORS)[number];
/** `value`: decimal digits, text, `true`, a path, or how many of the operands before it a list takes. */
export const ExpressionNodeType = new ContainerType({
  operator: NameOf(EXPRESSION_OPERATORS),
  value: ItemText,
});
export type ExpressionNode = ValueOf<typeof ExpressionNodeType>;

/** What each type of policy says. Numbers of resources are upper bounds, 0 stands for none allowed. */
const SETTINGS_TYPES = {
  /** Attribute `region` is one of these. */
  geographic_restriction: new ContainerType({ regions: ItemListType }),
  /** Attribute `classification` is this class or below; with roles, attribute `role` is one of them. */
  data_classification: new ContainerType({ level: NameOf(DATA_CLASSES), allowRoles: ItemListType }),
  /** Attribute `consent.<purpose>` has this status. */
  consent: new ContainerType({ purpose: IdText, status: IdText }),
  /** Attribute `retention_heights` is at most this. */
  retention: new ContainerType({ maxHeights: SafeU64 }),
  /** At most so many invocations of one subject in each window of rule time. */
  rate_limit: new ContainerType({ windowMs: SafeU64, max: U32 }),
  /** At most so many invocations of one subject ever. */
  quota: new ContainerType({ max: U32 }),
  /** For these entries (none: for all), attribute `role` is one of these. */
  access: new ContainerType({ roles: ItemListType, actions: ItemListType }),
  /** Attribute `image` is one of these digests, `sha256:…`. */
  image_allow: new ContainerType({ digests: ItemListType }),
  /** Each of these attributes is an integer from 0 to its bound. */
  resource_limit: new ContainerType({
    limits: new ListCompositeType(new ContainerType({ resource: IdText, max: SafeU64 }), 8),
  }),
  /** If the expression is true, the policy applies. */
  rule: new ContainerType({
    when: new ListCompositeType(ExpressionNodeType, TERMS_BOUNDS.nodesPerExpression),
  }),
} as const;
export const POLICY_TYPES = [
  'geographic_restriction',
  'data_classification',
  'consent',
  'retention',
  'rate_limit',
  'quota',
  'access',
  'image_allow',
  'resource_limit',
  'rule',
] as const satisfies readonly (keyof typeof SETTINGS_TYPES)[];
export type PolicyType = (typeof POLICY_TYPES)[number];
export type PolicySettings = { readonly [K in PolicyType]: ValueOf<(typeof SETTINGS_TYPES)[K]> };

/** What a policy asks for once it applies and passes. `deny` is only for rules: a constraint denies by failing. */
export const POLICY_EFFECTS = ['allow', 'deny', 'throttle', 'escalate'] as const;
export type PolicyEffect = (typeof POLICY_EFFECTS)[number];

interface PolicyCommon {
  /** Unique in the agreement. */
  readonly id: string;
  readonly effect: PolicyEffect;
  /** Of `throttle`: which part of every rate limit remains, in parts per million. Otherwise 1 000 000. */
  readonly throttlePpm: number;
  /** What whoever invokes must do besides. */
  readonly obligations: readonly string[];
}
export type PolicyOf<K extends PolicyType> = PolicyCommon & {
  readonly type: K;
  readonly settings: PolicySettings[K];
};
export type Policy = { [K in PolicyType]: PolicyOf<K> }[PolicyType];

const PolicyRecordType = new ContainerType({
  id: IdText,
  type: NameOf(POLICY_TYPES),
  effect: NameOf(POLICY_EFFECTS),
  throttlePpm: U32,
  obligations: new ListCompositeType(IdText, TERMS_BOUNDS.obligations),
  settings: Bytes(32 * 1024),
});

/** What policies come to; the later one wins over the earlier. */
export const DECISIONS = ['allow', 'throttle', 'escalate', 'deny'] as const;
export type Decision = (typeof DECISIONS)[number];
export const DecisionType = NameOf(DECISIONS);

export const DEFAULT_DECISIONS = ['deny', 'allow'] as const;
export const ENFORCEMENTS = ['real-time', 'advisory'] as const;

const TermsRecordType = new ContainerType({
  name: Text(TERMS_BOUNDS.nameBytes),
  version: U32,
  validFromMs: SafeU64,
  validToMs: SafeU64,
  defaultDecision: NameOf(DEFAULT_DECISIONS),
  enforcement: NameOf(ENFORCEMENTS),
  policies: new ListCompositeType(PolicyRecordType, TERMS_BOUNDS.policies),
});

export interface AgreementTerms {
  readonly name: string;
  readonly version: number;
  /** In force from … to, rule time in milliseconds, both included. */
  readonly validFromMs: number;
  readonly validToMs: number;
  /** What holds if no policy applies. */
  readonly defaultDecision: (typeof DEFAULT_DECISIONS)[number];
  /** real-time: what is denied does not happen; advisory: it happens and the receipt says what was violated. */
  readonly enforcement: (typeof ENFORCEMENTS)[number];
  readonly policies: readonly Policy[];
}

/** Canonical bytes of terms. */
export function encodeTerms(terms: AgreementTerms): Uint8Array {
  const policies = terms.policies.map(({ id, type, effect, throttlePpm, obligations, settings }) => ({
    id,
    type,
    effect,
    throttlePpm,
    obligations: [...obligations],
    settings: encode(SETTINGS_TYPES[type] as unknown as Type<typeof settings>, settings),
  }));
  return encode(TermsRecordType, { ...terms, policies });
}

/** @throws NodeError MALFORMED_BYTES */
export function decodeTerms(bytes: Uint8Array): AgreementTerms {
  const record = decode(TermsRecordType, bytes, 'agreement');
  const policies = record.policies.map(
    (policy) =>
      ({
        ...policy,
        settings: decode(SETTINGS_TYPES[policy.type] as Type<unknown>, policy.settings, policy.type),
      }) as Policy,
  );
  return { ...record, policies };
}

/** What the parties sign: H("agreement", canonical bytes). */
export function hashTerms(termsBytes: Uint8Array): Hash {
  return hashOf('agreement', termsBytes);
}

export const PartyListType = new ListCompositeType(AddressType, TERMS_BOUNDS.parties);

const AgreementIdentityType = new ContainerType({
  proposer: AddressType,
  nonce: U64,
  operation: U16,
  termsHash: Hash32,
  parties: PartyListType,
});

/** Identity of a proposed agreement: who proposed it in which operation, and all that it says. */
export function agreementId(identity: {
  proposer: Address;
  nonce: bigint;
  operation: number;
  termsHash: Hash;
  parties: Address[];
}): Hash {
  return hashOf('agreement-id', encode(AgreementIdentityType, identity));
}

export const ATTRIBUTE_KINDS = ['text', 'integer', 'boolean'] as const;

/** One thing that is said of a subject. `value`: text, decimal digits with an optional minus, `true` or `false`. */
export const AttributeType = new ContainerType({
  name: IdText,
  kind: NameOf(ATTRIBUTE_KINDS),
  value: ItemText,
});
export type Attribute = ValueOf<typeof AttributeType>;

/** Whom or what an invocation is about, as the invoking party asserts it by its signature. */
export const SubjectType = new ContainerType({
  id: IdText,
  attributes: new ListCompositeType(AttributeType, TERMS_BOUNDS.attributes),
});
export type Subject = ValueOf<typeof SubjectType>;

export const AGREEMENT_STATES = ['draft', 'signed', 'active', 'terminated'] as const;
