import type { AgreementTerms, Decision, Policy } from '../../types/agreement.ts';
import type { RefusalReason } from '../../types/operations/bpi.ts';
import { COUNTING_TYPES, judge, type UsageOf, type Verdict } from './constraints.ts';
import type { Request } from './subject.ts';

/** What the policies of an agreement come to for one request. */
export interface PolicyDecision {
  readonly decision: Decision;
  /** The policy that denied or escalated; undefined if none did, or if none applied. */
  readonly policy: Policy | undefined;
  readonly reason: RefusalReason;
  /** Which part of the rate limits remains, in parts per million. */
  readonly throttlePpm: number;
  readonly obligations: readonly string[];
  /** Nodes of expressions that were evaluated. */
  readonly gas: number;
  /** What every policy said, in the order in which they were asked. */
  readonly judgements: readonly Judgement[];
}

export interface Judgement {
  readonly policy: Policy;
  readonly verdict: Verdict;
}

const FULL_PPM = 1_000_000;

/** Collects what policies say. Deny overrides escalate, which overrides throttle, which overrides allow. */
class Combination {
  #denial: { policy: Policy; reason: RefusalReason } | undefined;
  #escalation: Policy | undefined;
  #throttlePpm = FULL_PPM;
  #gas = 0;
  #applied = 0;
  readonly #obligations = new Set<string>();
  readonly #judgements: Judgement[] = [];

  add(policy: Policy, request: Request, usageOf: UsageOf): void {
    if (policy.type === 'rule') this.#gas += policy.settings.when.length;
    const verdict = judge(policy, request, usageOf, this.#throttlePpm);
    this.#judgements.push({ policy, verdict });
    if (!verdict.applies) return;
    this.#applied++;
    if (verdict.refusal !== undefined) this.#deny(policy, verdict.refusal);
    else if (policy.effect === 'deny') this.#deny(policy, 'rule-denies');
    else if (policy.effect === 'escalate') this.#escalation ??= policy;
    this.lowerThrottle(policy);
    for (const obligation of [...policy.obligations, ...(verdict.obligations ?? [])])
      this.#obligations.add(obligation);
  }

  lowerThrottle({ throttlePpm }: Policy): void {
    this.#throttlePpm = Math.min(this.#throttlePpm, throttlePpm);
  }

  /** The first policy that denied is named. */
  #deny(policy: Policy, reason: RefusalReason): void {
    this.#denial ??= { policy, reason };
  }

  outcome(defaultDecision: AgreementTerms['defaultDecision']): PolicyDecision {
    const throttlePpm = this.#throttlePpm;
    const rest = {
      throttlePpm,
      obligations: [...this.#obligations],
      gas: this.#gas,
      judgements: this.#judgements,
    };
    if (this.#denial !== undefined) return { decision: 'deny', ...this.#denial, ...rest };
    if (this.#escalation !== undefined)
      return { decision: 'escalate', policy: this.#escalation, reason: 'rule-escalates', ...rest };
    if (this.#applied === 0 && defaultDecision === 'deny')
      return { decision: 'deny', policy: undefined, reason: 'no-policy-applies', ...rest };
    const decision = throttlePpm < FULL_PPM ? 'throttle' : 'allow';
    return { decision, policy: undefined, reason: 'none', ...rest };
  }
}

/**
 * Judges a request by policies. It is a function of its arguments and always ends; whatever cannot be judged, because
 * an attribute is missing or an expression fails, is denied.
 */
export function decide(
  policies: readonly Policy[],
  defaultDecision: AgreementTerms['defaultDecision'],
  request: Request,
  usageOf: UsageOf,
): PolicyDecision {
  const combination = new Combination();
  const isCounting = ({ type }: Policy) => COUNTING_TYPES.includes(type);
  for (const policy of policies) if (!isCounting(policy)) combination.add(policy, request, usageOf);
  // A rate limit depends on the smallest throttle, so limits come last, and their own throttle counts before.
  const counting = policies.filter(isCounting);
  for (const policy of counting) combination.lowerThrottle(policy);
  for (const policy of counting) combination.add(policy, request, usageOf);
  return combination.outcome(defaultDecision);
}
