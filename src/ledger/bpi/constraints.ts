import type { DataClass, Policy, PolicySettings, PolicyType } from '../../types/agreement.ts';
import type { RefusalReason } from '../../types/operations/bpi.ts';
import { evaluateCondition } from './expression.ts';
import { type Request, resolvePath } from './subject.ts';

/** How often a policy let a subject pass: in the running window of a rate limit, ever for a quota. */
export type UsageOf = (policy: Policy) => number;

/** What one policy says of a request, before its effect is looked at. */
export type Verdict =
  | { readonly applies: false }
  | { readonly applies: true; readonly refusal?: RefusalReason; readonly obligations?: readonly string[] };

const PASS: Verdict = { applies: true };
const NOT_APPLICABLE: Verdict = { applies: false };
const refuse = (refusal: RefusalReason): Verdict => ({ applies: true, refusal });

/** Classes at or below a class. PCI and PHI are not comparable. */
const CLASSES_WITHIN: Readonly<Record<DataClass, readonly string[]>> = {
  Public: ['Public'],
  General: ['Public', 'General'],
  PII: ['Public', 'General', 'PII'],
  PCI: ['Public', 'General', 'PII', 'PCI'],
  PHI: ['Public', 'General', 'PII', 'PHI'],
};
const PROTECTED_CLASSES: readonly string[] = ['PII', 'PCI', 'PHI'];
const PROTECTION = ['encrypt', 'consent'] as const;

/** A missing attribute refuses, and so does one of another type: constraints fail closed. */
function oneOf(request: Request, attribute: string, allowed: readonly string[]): Verdict {
  const value = request.attributes.get(attribute);
  if (value === undefined) return refuse('attribute-missing');
  if (typeof value !== 'string') return refuse('attribute-malformed');
  return allowed.includes(value) ? PASS : refuse('not-satisfied');
}

function atMost(request: Request, attribute: string, max: number): Verdict {
  const value = request.attributes.get(attribute);
  if (value === undefined) return refuse('attribute-missing');
  if (typeof value !== 'bigint' || value < 0n) return refuse('attribute-malformed');
  return value <= BigInt(max) ? PASS : refuse('not-satisfied');
}

function classified({ level, allowRoles }: PolicySettings['data_classification'], request: Request): Verdict {
  const verdict = oneOf(request, 'classification', CLASSES_WITHIN[level]);
  if (verdict.applies && verdict.refusal !== undefined) return verdict;
  if (allowRoles.length > 0) {
    const byRole = oneOf(request, 'role', allowRoles);
    if (byRole.applies && byRole.refusal !== undefined) return byRole;
  }
  const isProtected = PROTECTED_CLASSES.includes(String(request.attributes.get('classification')));
  return isProtected ? { applies: true, obligations: PROTECTION } : PASS;
}

function withinLimits({ limits }: PolicySettings['resource_limit'], request: Request): Verdict {
  for (const { resource, max } of limits) {
    const verdict = atMost(request, resource, max);
    if (verdict.applies && verdict.refusal !== undefined) return verdict;
  }
  return PASS;
}

function ruled({ when }: PolicySettings['rule'], request: Request): Verdict {
  const outcome = evaluateCondition(when, (path) => resolvePath(request, path));
  if ('fault' in outcome) return refuse(outcome.fault);
  return outcome.holds ? PASS : NOT_APPLICABLE;
}

/** What is left of a limit under a throttle in parts per million. */
function throttled(max: number, throttlePpm: number): number {
  return Number((BigInt(max) * BigInt(throttlePpm)) / 1_000_000n);
}

/** Policies that count, and so are judged after the throttle is known. */
export const COUNTING_TYPES: readonly PolicyType[] = ['rate_limit', 'quota'];

/** What a policy says of a request. `throttlePpm` only concerns rate limits. */
export function judge(policy: Policy, request: Request, usageOf: UsageOf, throttlePpm: number): Verdict {
  switch (policy.type) {
    case 'geographic_restriction':
      return oneOf(request, 'region', policy.settings.regions);
    case 'data_classification':
      return classified(policy.settings, request);
    case 'consent':
      return oneOf(request, `consent.${policy.settings.purpose}`, [policy.settings.status]);
    case 'retention':
      return atMost(request, 'retention_heights', policy.settings.maxHeights);
    case 'access': {
      const { roles, actions } = policy.settings;
      const isConcerned = actions.length === 0 || actions.includes(request.entry);
      return isConcerned ? oneOf(request, 'role', roles) : NOT_APPLICABLE;
    }
    case 'image_allow':
      return oneOf(request, 'image', policy.settings.digests);
    case 'resource_limit':
      return withinLimits(policy.settings, request);
    case 'rule':
      return ruled(policy.settings, request);
    case 'rate_limit':
      return usageOf(policy) < throttled(policy.settings.max, throttlePpm) ? PASS : refuse('limit-reached');
    case 'quota':
      return usageOf(policy) < policy.settings.max ? PASS : refuse('limit-reached');
  }
}
