import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { LIMITS } from '../../util/limits.ts';
import { DecisionType } from '../agreement.ts';
import { AddressType, Hash32 } from '../ssz-bytes.ts';
import { U8, U16, U32 } from '../ssz-numbers.ts';

/**
 * Proof-of-Execution: what every operation of a bpi section took in, which terms judged it, what it gave out, and how
 * it moved its agreement from one root to the next. Every validator makes all of it anew by executing the section.
 */
export const EXECUTION_PROOF_VERSION = 1;

/** One executed operation. Hashes are H("execution", bytes); no agreement yet is the zero hash. */
export const ExecutionStepType = new ContainerType({
  agreement: Hash32,
  /** Of the operation: kind and data. */
  input: Hash32,
  /** The terms that judged it, as the parties signed them. */
  policy: Hash32,
  decision: DecisionType,
  /** Of the event that says what came out. */
  output: Hash32,
  /** Root of the agreement before and after. */
  pre: Hash32,
  post: Hash32,
});
export type ExecutionStep = ValueOf<typeof ExecutionStepType>;

/** Of one transaction. A failed one has no steps, or the one that was denied or escalated, which changed nothing. */
export const ExecutionItemType = new ContainerType({
  txId: Hash32,
  sender: AddressType,
  status: U16,
  steps: new ListCompositeType(ExecutionStepType, LIMITS.maxOperationsPerTransaction),
});
export type ExecutionItem = ValueOf<typeof ExecutionItemType>;

/** Roots are RFC 6962 over one hash per step, in order. */
export const ExecutionProofType = new ContainerType({
  version: U8,
  inputRoot: Hash32,
  policyRoot: Hash32,
  outputRoot: Hash32,
  preRoot: Hash32,
  postRoot: Hash32,
  steps: U32,
  denied: U32,
  escalated: U32,
  /** RFC 6962 root over the encoded items, one per transaction, and their number. */
  itemRoot: Hash32,
  itemCount: U32,
});
export type ExecutionProof = ValueOf<typeof ExecutionProofType>;
