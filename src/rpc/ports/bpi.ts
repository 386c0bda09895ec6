import type { AGREEMENT_STATES, AgreementTerms, Decision, Policy, Subject } from '../../types/agreement.ts';
import type { RefusalReason } from '../../types/operations/bpi.ts';
import type { Address, Hash } from '../../types/ssz-bytes.ts';

export type AgreementState = (typeof AGREEMENT_STATES)[number];

/** An agreement as it stands at the head. */
export interface AgreementView {
  readonly id: Hash;
  readonly state: AgreementState;
  readonly proposer: Address;
  readonly parties: readonly Address[];
  /** In the order in which they signed. */
  readonly signers: readonly Address[];
  /** What the parties sign. */
  readonly termsHash: Hash;
  readonly terms: AgreementTerms;
  /** How many invocations were executed. */
  readonly sequence: number;
  /** Last links of the chain of invocations, and of what was recorded; the zero hash before the first. */
  readonly tip: Hash;
  readonly records: Hash;
  readonly store: readonly { readonly key: string; readonly valueHash: Hash }[];
  readonly attestations: number;
  /** H of all of this: what Proof-of-Execution calls the root of an agreement. */
  readonly root: Hash;
}

export interface EvaluationRequest {
  readonly agreement: Hash;
  /** One policy, or all if it is empty. */
  readonly policyId: string;
  readonly entry: string;
  readonly subject: Subject;
  /** By default who proposed the agreement. */
  readonly actor?: Address | undefined;
}

/** What one policy said of a request. */
export interface TraceStep {
  readonly policy: Policy;
  readonly verdict:
    | { readonly applies: false }
    | {
        readonly applies: true;
        readonly refusal?: RefusalReason;
        readonly obligations?: readonly string[];
      };
  /** Of a policy that counts: how often the subject was let pass. */
  readonly used: number | undefined;
}

/** What the policies would say to an invocation in the next block. */
export interface Evaluation {
  readonly actor: Address;
  readonly enforcement: AgreementTerms['enforcement'];
  /** Status that the receipt would have. */
  readonly status: number;
  readonly decision: Decision;
  /** Which policy decided, if one did. */
  readonly policy: Policy | undefined;
  readonly reason: RefusalReason;
  readonly throttlePpm: number;
  readonly obligations: readonly string[];
  readonly gas: number;
  readonly trace: readonly TraceStep[];
}

export type EvaluationOutcome =
  | { readonly evaluation: Evaluation }
  | {
      readonly refusal: 'AGREEMENT_UNKNOWN' | 'POLICY_UNKNOWN' | 'SUBJECT_INVALID';
      readonly message: string;
    };

/** Reads of the bpi ledger at the head. */
export interface BpiPort {
  agreement(id: Hash): AgreementView | undefined;
  /** Ids in ascending order; with `party` those of its agreements, with `state` those in it. */
  agreements(filter: {
    readonly party?: Address | undefined;
    readonly state?: AgreementState | undefined;
  }): readonly Hash[];
  evaluate(request: EvaluationRequest): EvaluationOutcome;
}
