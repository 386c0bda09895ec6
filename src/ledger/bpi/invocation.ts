import type { AgreementTerms, Policy } from '../../types/agreement.ts';
import { BPI, type Invoke, type PolicyCheck, type Refusal } from '../../types/operations/bpi.ts';
import { encode } from '../../types/ssz.ts';
import { concatBytes, fromHex } from '../../util/bytes.ts';
import type { OperationContext } from '../seam.ts';
import {
  type Agreement,
  agreements,
  assertParty,
  executionHash,
  existingAgreement,
  termsOf,
} from './agreements.ts';
import { findEntry } from './entries.ts';
import { executeTraced, RefusedByPolicy } from './execution-trace.ts';
import { failure } from './failure.ts';
import { decide, type PolicyDecision } from './policy-decision.ts';
import { readRequest } from './subject.ts';
import { countUsage, usageReader } from './usage.ts';

const { operations, events } = BPI;

/** @throws OperationFailure NOT_ACTIVE, NOT_IN_FORCE */
export function assertInForce(
  { state }: Agreement,
  { validFromMs, validToMs }: AgreementTerms,
  timeMs: number,
): void {
  if (state !== 'active') throw failure('NOT_ACTIVE', `the agreement is ${state}`);
  if (timeMs < validFromMs || timeMs > validToMs)
    throw failure('NOT_IN_FORCE', `in force from ${validFromMs} to ${validToMs}, it is ${timeMs}`);
}

function refusalOf(
  { agreement, entry, subject }: Pick<Invoke, 'agreement' | 'entry' | 'subject'>,
  { policy, reason }: PolicyDecision,
): Refusal {
  const policyId = policy?.id ?? '';
  return { agreement, entry, subject: subject.id, policyId, policyType: policy?.type ?? '', reason };
}

function outcomeOf({ decision, throttlePpm, obligations, gas }: PolicyDecision) {
  return { decision, throttlePpm, obligations: [...obligations], gas };
}

/** The failure of an invocation that policies deny or escalate; its event names the policy. */
export function refused(
  invoke: Pick<Invoke, 'agreement' | 'entry' | 'subject'>,
  decision: PolicyDecision,
): RefusedByPolicy {
  const status = decision.decision === 'escalate' ? 'ESCALATED' : 'DENIED';
  const who = decision.policy === undefined ? 'no policy applies' : `the policy ${decision.policy.id}`;
  const event = { spec: events.Refused, value: refusalOf(invoke, decision) };
  return new RefusedByPolicy(failure(status, `${who}: ${decision.reason}`, event), decision.decision);
}

/** Links what was invoked to everything that was invoked before. */
function nextTip(invoke: Invoke, tip: string, output: string): string {
  const input = executionHash(encode(operations.Invoke.type, invoke));
  return executionHash(concatBytes(fromHex(tip), fromHex(input), fromHex(output)));
}

export function executeInvoke(invoke: Invoke, context: OperationContext): void {
  const { own, sender, timeMs } = context;
  const agreement = existingAgreement(own, invoke.agreement);
  assertParty(agreement, sender);
  const terms = termsOf(own, invoke.agreement);
  assertInForce(agreement, terms, timeMs);
  const entry = findEntry(invoke.entry);
  const request = readRequest(invoke.subject, invoke.entry, sender);
  executeTraced(operations.Invoke, invoke, invoke.agreement, context, () => {
    const usageOf = usageReader(context, invoke.agreement, request.subjectId);
    const decision = decide(terms.policies, terms.defaultDecision, request, usageOf);
    const isRefused = decision.decision === 'deny' || decision.decision === 'escalate';
    if (isRefused && terms.enforcement === 'real-time') throw refused(invoke, decision);
    if (isRefused) context.emit(events.Violated, refusalOf(invoke, decision));
    const { agreement: changed, output } = entry(invoke, agreement, own);
    countUsage(context, invoke.agreement, terms.policies, request.subjectId);
    const sequence = agreement.sequence + 1;
    agreements.set(
      own,
      { ...changed, sequence, tip: nextTip(invoke, agreement.tip, output) },
      invoke.agreement,
    );
    const value = {
      agreement: invoke.agreement,
      entry: invoke.entry,
      subject: request.subjectId,
      sequence,
      output,
      ...outcomeOf(decision),
    };
    return { event: events.Invoked, value, decision: decision.decision };
  });
}

/** The policy with this id, or all if it is empty. @throws OperationFailure POLICY_UNKNOWN */
export function selectPolicies({ policies }: AgreementTerms, policyId: string): readonly Policy[] {
  const selected = policies.filter(({ id }) => policyId === '' || id === policyId);
  if (selected.length === 0) throw failure('POLICY_UNKNOWN', 'the agreement has no policy with this id');
  return selected;
}

export function executePolicyCheck(check: PolicyCheck, context: OperationContext): void {
  const { own, sender } = context;
  existingAgreement(own, check.agreement);
  const terms = termsOf(own, check.agreement);
  const policies = selectPolicies(terms, check.policyId);
  const request = readRequest(check.subject, check.entry, sender);
  executeTraced(operations.PolicyCheck, check, check.agreement, context, () => {
    const usageOf = usageReader(context, check.agreement, request.subjectId);
    const decision = decide(policies, terms.defaultDecision, request, usageOf);
    const value = { ...refusalOf(check, decision), ...outcomeOf(decision) };
    return { event: events.PolicyChecked, value, decision: decision.decision };
  });
}
