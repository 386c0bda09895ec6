import type { Policy } from '../../types/agreement.ts';
import { statusName } from '../../types/operations/catalogs.ts';
import { ExecutionItemType, ExecutionProofType } from '../../types/proofs/execution.ts';
import type { Hash } from '../../types/ssz-bytes.ts';
import type { Handlers } from '../dispatcher.ts';
import { rpcError } from '../errors.ts';
import { pageOf } from '../paging.ts';
import type { AgreementView, BpiPort, Evaluation, TraceStep } from '../ports/bpi.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { bpiMethods } from '../schema/bpi.ts';
import { proveInSection } from '../section-proof.ts';
import { addressText, hash0x, rfc3339 } from '../text-forms.ts';

export function bpiHandlers({ chain, bpi }: RpcPorts): Handlers<typeof bpiMethods> {
  return {
    bpi_getAgreement: ({ agreement }) => {
      const found = existing(bpi, agreement);
      const { terms } = found;
      return {
        height: chain.head().height,
        ...summaryOf(found),
        validFrom: terms.validFromMs === 0 ? null : rfc3339(terms.validFromMs),
        validTo: terms.validToMs === Number.MAX_SAFE_INTEGER ? null : rfc3339(terms.validToMs),
        defaultDecision: terms.defaultDecision,
        enforcement: terms.enforcement,
        policies: terms.policies.map(policyView),
        tip: hash0x(found.tip),
        records: hash0x(found.records),
        store: found.store.map(({ key, valueHash }) => ({ key, valueHash: hash0x(valueHash) })),
        attestations: found.attestations,
        root: hash0x(found.root),
      };
    },

    bpi_listAgreements: ({ party, state, ...page }) => ({
      height: chain.head().height,
      ...pageOf(bpi.agreements({ party, state }), page, (id) => summaryOf(existing(bpi, id))),
    }),

    bpi_evaluatePolicy: (request) => {
      const outcome = bpi.evaluate(request);
      if ('refusal' in outcome) throw evaluationError(outcome.refusal, outcome.message, request);
      return {
        height: chain.head().height,
        agreement: hash0x(request.agreement),
        entry: request.entry,
        subject: request.subject.id,
        ...evaluationView(outcome.evaluation),
      };
    },

    bpi_getProofOfExecution: async ({ txId }) => {
      const types = { ledger: 'bpi', item: ExecutionItemType, proof: ExecutionProofType } as const;
      const { view, item, proof } = await proveInSection(chain, types, txId);
      return {
        ...view,
        item: ExecutionItemType.toJson(item) as never,
        proof: ExecutionProofType.toJson(proof) as never,
      };
    },
  };
}

function existing(bpi: BpiPort, id: Hash): AgreementView {
  const agreement = bpi.agreement(id);
  if (agreement === undefined) throw unknownAgreement(id);
  return agreement;
}

function unknownAgreement(agreement: Hash) {
  return rpcError('AGREEMENT_NOT_FOUND', `there is no agreement ${hash0x(agreement)}`, {
    data: { agreement },
    hint: 'the event AgreementProposed of the proposal names it; bpi_listAgreements has all',
  });
}

function evaluationError(
  refusal: 'AGREEMENT_UNKNOWN' | 'POLICY_UNKNOWN' | 'SUBJECT_INVALID',
  message: string,
  { agreement, policyId }: { readonly agreement: Hash; readonly policyId: string },
) {
  if (refusal === 'AGREEMENT_UNKNOWN') return unknownAgreement(agreement);
  if (refusal === 'POLICY_UNKNOWN')
    return rpcError('POLICY_NOT_FOUND', `the agreement has no policy ${policyId}`, {
      data: { agreement, policyId },
      hint: 'bpi_getAgreement lists its policies',
    });
  return rpcError('INVALID_PARAMS', `params.subject: ${message}`, { data: { path: 'params.subject' } });
}

function summaryOf({ id, state, proposer, parties, signers, termsHash, terms, sequence }: AgreementView) {
  return {
    agreement: hash0x(id),
    name: terms.name,
    version: terms.version,
    versionHash: hash0x(termsHash),
    state,
    proposer: addressText(proposer),
    parties: parties.map(addressText),
    signers: signers.map(addressText),
    invocations: sequence,
  };
}

function policyView({ id, type, effect, throttlePpm, obligations, settings }: Policy) {
  return { id, type, effect, throttlePpm, obligations: [...obligations], settings: { ...settings } };
}

function evaluationView(evaluation: Evaluation) {
  const { actor, status, enforcement, decision, policy, reason, throttlePpm, gas } = evaluation;
  return {
    actor: addressText(actor),
    status: statusName('bpi', status),
    enforcement,
    decision,
    policyId: policy?.id ?? null,
    policyType: policy?.type ?? null,
    reason,
    throttlePpm,
    obligations: [...evaluation.obligations],
    gas,
    trace: evaluation.trace.map((step) => ({ ...traceView(step), decides: step.policy === policy })),
  };
}

function traceView({ policy, verdict, used }: TraceStep) {
  const applied = verdict.applies ? verdict : undefined;
  return {
    policy: policyView(policy),
    ...sayingOf({ policy, verdict }),
    obligations: applied === undefined ? [] : [...policy.obligations, ...(applied.obligations ?? [])],
    used: used ?? null,
  };
}

/** What the verdict and the effect of a policy come to. */
function sayingOf({ policy: { effect }, verdict }: Pick<TraceStep, 'policy' | 'verdict'>) {
  if (!verdict.applies) return { outcome: 'does-not-apply', reason: 'none' } as const;
  if (verdict.refusal !== undefined) return { outcome: 'refuses', reason: verdict.refusal } as const;
  if (effect === 'deny') return { outcome: 'refuses', reason: 'rule-denies' } as const;
  if (effect === 'escalate') return { outcome: 'escalates', reason: 'rule-escalates' } as const;
  return { outcome: 'passes', reason: 'none' } as const;
}
