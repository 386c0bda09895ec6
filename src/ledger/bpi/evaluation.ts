import type { AgreementTerms, Subject } from '../../types/agreement.ts';
import type { Address, Hash } from '../../types/ssz-bytes.ts';
import { COMMON_STATUSES } from '../../types/status.ts';
import { OperationFailure, type StateReader } from '../seam.ts';
import { assertParty, existingAgreement, termsOf } from './agreements.ts';
import { COUNTING_TYPES } from './constraints.ts';
import { findEntry } from './entries.ts';
import { assertInForce, refused, selectPolicies } from './invocation.ts';
import { decide, type Judgement, type PolicyDecision } from './policy-decision.ts';
import { readRequest } from './subject.ts';
import { usageReader } from './usage.ts';

/** What an invocation would be about, and who would send it. */
export interface EvaluationRequest {
  readonly agreement: Hash;
  /** One policy, or all if it is empty. */
  readonly policyId: string;
  readonly entry: string;
  readonly subject: Subject;
  /** By default who proposed the agreement. */
  readonly actor?: Address | undefined;
}

/** What one policy said, with how often the subject was let pass if the policy counts that. */
export type TraceStep = Judgement & { readonly used: number | undefined };

export interface Evaluation extends PolicyDecision {
  readonly actor: Address;
  readonly enforcement: AgreementTerms['enforcement'];
  /** Status of the receipt that an invocation would get now. */
  readonly status: number;
  readonly trace: readonly TraceStep[];
}

/**
 * Asks the policies what they would say, without a transaction and on an agreement in any state. `own` and `timeMs` are
 * the ledger's state and the rule time of the next block.
 * @throws OperationFailure AGREEMENT_UNKNOWN, POLICY_UNKNOWN, SUBJECT_INVALID
 */
export function evaluatePolicies(
  request: EvaluationRequest,
  { own, timeMs }: { readonly own: StateReader; readonly timeMs: number },
): Evaluation {
  const agreement = existingAgreement(own, request.agreement);
  const terms = termsOf(own, request.agreement);
  const policies = selectPolicies(terms, request.policyId);
  const actor = request.actor ?? agreement.proposer;
  const asked = readRequest(request.subject, request.entry, actor);
  const usageOf = usageReader({ own, timeMs }, request.agreement, asked.subjectId);
  const decision = decide(policies, terms.defaultDecision, asked, usageOf);
  const status = statusOf(() => {
    assertParty(agreement, actor);
    assertInForce(agreement, terms, timeMs);
    findEntry(request.entry);
    const isRefused = decision.decision === 'deny' || decision.decision === 'escalate';
    if (isRefused && terms.enforcement === 'real-time') throw refused(request, decision);
  });
  const trace = decision.judgements.map((judgement) => ({
    ...judgement,
    used: COUNTING_TYPES.includes(judgement.policy.type) ? usageOf(judgement.policy) : undefined,
  }));
  return { ...decision, actor, enforcement: terms.enforcement, status, trace };
}

/** The status that a rule refuses with, in the order in which an invocation meets the rules. */
function statusOf(rules: () => void): number {
  try {
    rules();
    return COMMON_STATUSES.OK;
  } catch (error) {
    if (error instanceof OperationFailure) return error.status;
    throw error;
  }
}
