import {
  DATA_CLASSES,
  POLICY_TYPES,
  type Policy,
  type PolicyEffect,
  type PolicySettings,
  type PolicyType,
  TERMS_BOUNDS,
} from '../../types/agreement.ts';
import { ENTRY_NAMES } from './entries.ts';
import { parseExpression } from './expression-parser.ts';
import { termsFailure, type YamlPath } from './failure.ts';
import { Fields } from './fields.ts';
import { ATTRIBUTE_NAME } from './subject.ts';
import type { YamlValue } from './yaml-document.ts';

/** Policies that the language knows and this ledger cannot enforce yet, and what they would need. */
const UNAVAILABLE: Readonly<Record<string, string>> = {
  fee: 'a charge that depends on what was metered',
  sla: 'measurements of a service',
  escrow: 'value that an agreement holds',
};
const UNAVAILABLE_FIELDS: Readonly<Record<string, string>> = {
  penalty: 'value that an agreement holds',
  light: 'approvals within a time',
};

const ITEMS = { items: TERMS_BOUNDS.listItems, bytes: TERMS_BOUNDS.textBytes } as const;
const U32_MAX = 2 ** 32 - 1;
const FULL_PPM = 1_000_000;

/** What is counted: so far only invocations, because nothing else is metered. */
function assertCountable(fields: Fields): void {
  const metric = fields.optionalText('metric', TERMS_BOUNDS.idBytes) ?? 'invocations';
  if (metric !== 'invocations')
    throw fields.refusal('FEATURE_UNAVAILABLE', 'is not measured; invocations are', 'metric');
}

function digests(fields: Fields): string[] {
  const found = fields.texts('digests', ITEMS);
  if (!found.every((digest) => /^sha256:[0-9a-f]{64}$/.test(digest)))
    throw fields.refusal(
      'TERMS_FIELD_INVALID',
      'are sha256: and 64 hexadecimal digits in lowercase each',
      'digests',
    );
  return found;
}

/** The attribute that a subject must have is named consent.<purpose>. */
function purpose(fields: Fields): string {
  const found = fields.text('purpose', TERMS_BOUNDS.idBytes - 'consent.'.length);
  if (!ATTRIBUTE_NAME.test(found))
    throw fields.refusal('TERMS_FIELD_INVALID', 'is letters, digits, underscores and dots', 'purpose');
  return found;
}

/** A restriction of what nobody can do would restrict nothing. */
function actions(fields: Fields): string[] {
  const found = fields.texts('actions', { ...ITEMS, optional: true });
  if (!found.every((action) => ENTRY_NAMES.includes(action)))
    throw fields.refusal('TERMS_FIELD_INVALID', `are entries: ${ENTRY_NAMES.join(', ')}`, 'actions');
  return found;
}

/** Sorted by name, so that the order of keys says nothing. */
function limits(fields: Fields): PolicySettings['resource_limit']['limits'] {
  const bounds = fields.nested('limits');
  const names = bounds.rest();
  if (names.length === 0 || names.length > 8 || !names.every((name) => /^[a-z][a-z0-9_]{0,31}$/.test(name)))
    throw bounds.refusal('TERMS_FIELD_INVALID', 'is 1 to 8 names of resources, each with its bound');
  return names.map((resource) => ({ resource, max: bounds.integer(resource, 0, Number.MAX_SAFE_INTEGER) }));
}

const READERS: { readonly [K in PolicyType]: (fields: Fields) => PolicySettings[K] } = {
  geographic_restriction: (fields) => ({ regions: fields.texts('regions', ITEMS) }),
  data_classification: (fields) => ({
    level: fields.name('level', DATA_CLASSES),
    allowRoles: fields.texts('allow_roles', { ...ITEMS, optional: true }),
  }),
  consent: (fields) => ({
    purpose: purpose(fields),
    status: fields.optionalText('status', TERMS_BOUNDS.idBytes) ?? 'granted',
  }),
  retention: (fields) => ({ maxHeights: fields.integer('max_heights', 0, Number.MAX_SAFE_INTEGER) }),
  rate_limit: (fields) => {
    assertCountable(fields);
    return {
      windowMs: fields.integer('window', 1, Number.MAX_SAFE_INTEGER),
      max: fields.integer('max', 0, U32_MAX),
    };
  },
  quota: (fields) => {
    assertCountable(fields);
    return { max: fields.integer('max', 0, U32_MAX) };
  },
  access: (fields) => ({ roles: fields.texts('roles', ITEMS), actions: actions(fields) }),
  image_allow: (fields) => ({ digests: digests(fields) }),
  resource_limit: (fields) => ({ limits: limits(fields) }),
  rule: (fields) => ({ when: fields.parsed('when', 4_096, parseExpression) }),
};

interface Effect {
  readonly effect: PolicyEffect;
  readonly throttlePpm: number;
  readonly obligations: string[];
}

const OBLIGATIONS = { items: TERMS_BOUNDS.obligations, bytes: TERMS_BOUNDS.idBytes } as const;

/** `effect`: a word, `{throttle: ppm}` or `{require: [obligations]}`. */
function readEffect(fields: Fields, type: PolicyType): Effect {
  const obligations = fields.texts('obligations', { ...OBLIGATIONS, optional: true });
  const isRule = type === 'rule';
  // What a rule does must be said; a constraint that passes allows.
  const value = isRule ? fields.required('effect') : (fields.optional('effect') ?? 'allow');
  if (value === 'deny' && !isRule)
    throw fields.refusal(
      'TERMS_FIELD_INVALID',
      'deny is for rules; a constraint denies by failing',
      'effect',
    );
  if (value === 'allow' || value === 'deny' || value === 'escalate')
    return { effect: value, throttlePpm: FULL_PPM, obligations };
  if (typeof value === 'string') throw fields.refusal('TERMS_FIELD_INVALID', 'is not known', 'effect');
  const nested = fields.nested('effect');
  if (nested.has('throttle')) {
    const throttlePpm = nested.integer('throttle', 0, FULL_PPM);
    nested.end();
    return { effect: 'throttle', throttlePpm, obligations };
  }
  const required = nested.texts('require', OBLIGATIONS);
  nested.end();
  const all = [...new Set([...obligations, ...required])];
  if (all.length > TERMS_BOUNDS.obligations)
    throw fields.refusal('TERMS_TOO_LARGE', 'names too many obligations');
  return { effect: 'allow', throttlePpm: FULL_PPM, obligations: all };
}

function readType(fields: Fields): PolicyType {
  const type = fields.text('type', TERMS_BOUNDS.textBytes);
  const needs = Object.hasOwn(UNAVAILABLE, type) ? UNAVAILABLE[type] : undefined;
  if (needs !== undefined) throw fields.refusal('FEATURE_UNAVAILABLE', `${type} needs ${needs}`, 'type');
  if (!(POLICY_TYPES as readonly string[]).includes(type))
    throw fields.refusal('POLICY_TYPE_UNKNOWN', `is none of ${POLICY_TYPES.join(', ')}`, 'type');
  return type as PolicyType;
}

/** A policy of the terms; without an `id` it is named after its type, the second of a type with its position. */
function readPolicy(value: YamlValue, path: YamlPath, position: number, taken: ReadonlySet<string>): Policy {
  const fields = new Fields(value, [...path, position]);
  const type = readType(fields);
  for (const [field, needs] of Object.entries(UNAVAILABLE_FIELDS))
    if (fields.has(field)) throw fields.refusal('FEATURE_UNAVAILABLE', `needs ${needs}`, field);
  const named = fields.optionalText('id', TERMS_BOUNDS.idBytes);
  const id = named ?? (taken.has(type) ? `${type}-${position + 1}` : type);
  if (taken.has(id)) throw fields.refusal('POLICY_ID_TAKEN', `is named ${id} like an earlier one`);
  const settings = READERS[type](fields);
  const effect = readEffect(fields, type);
  fields.end();
  return { id, type, settings, ...effect } as Policy;
}

/** What the policies are together. */
function assertWhole(policies: readonly Policy[], path: YamlPath): void {
  const obligations = new Set(policies.flatMap((policy) => policy.obligations));
  if (obligations.size > TERMS_BOUNDS.obligations)
    throw termsFailure('TERMS_TOO_LARGE', `more than ${TERMS_BOUNDS.obligations} different obligations`, {
      path,
    });
  const throttle = policies.findIndex(({ effect }) => effect === 'throttle');
  // A throttle without a limit would promise what nothing keeps.
  if (throttle >= 0 && !policies.some(({ type }) => type === 'rate_limit'))
    throw termsFailure('TERMS_FIELD_INVALID', 'a throttle lowers rate limits, and there is none', {
      path: [...path, throttle, 'effect'],
    });
}

/**
 * The list of policies of an agreement: at least one. `path` leads to it.
 * @throws OperationFailure with a TERMS_…, POLICY_… or EXPRESSION_… status, or FEATURE_UNAVAILABLE
 */
export function readPolicies(value: YamlValue, path: YamlPath): Policy[] {
  if (!Array.isArray(value) || value.length === 0)
    throw termsFailure('TERMS_FIELD_INVALID', 'policies are a list with at least one policy', { path });
  if (value.length > TERMS_BOUNDS.policies)
    throw termsFailure('TERMS_TOO_LARGE', `more than ${TERMS_BOUNDS.policies} policies`, { path });
  const policies: Policy[] = [];
  const taken = new Set<string>();
  let nodes = 0;
  for (const [position, item] of (value as readonly YamlValue[]).entries()) {
    const policy = readPolicy(item, path, position, taken);
    taken.add(policy.id);
    policies.push(policy);
    if (policy.type === 'rule') nodes += policy.settings.when.length;
    // Counted as they are read, so that what is too much is not read to its end.
    if (nodes > TERMS_BOUNDS.nodes)
      throw termsFailure(
        'EXPRESSION_TOO_LARGE',
        `more than ${TERMS_BOUNDS.nodes} nodes in all rules together`,
        { path: [...path, position] },
      );
  }
  assertWhole(policies, path);
  return policies;
}
