import type { Decision } from '../../types/agreement.ts';
import type { KindSpec } from '../../types/operations/catalog.ts';
import type { ExecutionStep } from '../../types/proofs/execution.ts';
import { encode } from '../../types/ssz.ts';
import type { Hash } from '../../types/ssz-bytes.ts';
import { COMMON_STATUSES } from '../../types/status.ts';
import { OperationType } from '../../types/transaction.ts';
import { type OperationContext, OperationFailure } from '../seam.ts';
import { agreementRoot, agreements, executionHash, ZERO_HASH } from './agreements.ts';

/**
 * What the running transaction has executed, for its proof item. Transactions execute one at a time and
 * synchronously, so one trace is enough; `begin` empties it.
 */
class ExecutionTrace {
  #steps: ExecutionStep[] = [];
  #refusal: ExecutionStep | undefined;

  begin(): void {
    this.#steps = [];
    this.#refusal = undefined;
  }

  add(step: ExecutionStep): void {
    this.#steps.push(step);
  }

  refuse(step: ExecutionStep): void {
    this.#refusal = step;
  }

  /** What a transaction that failed had executed before was taken back, so only what refused it counts. */
  stepsOf(status: number): ExecutionStep[] {
    if (status === COMMON_STATUSES.OK) return this.#steps;
    return this.#refusal === undefined ? [] : [this.#refusal];
  }
}

export const trace = new ExecutionTrace();

/** What came out of an operation: its event, and what the policies said. */
export interface Output<E> {
  readonly event: KindSpec<E>;
  readonly value: E;
  readonly decision?: Decision;
}

/**
 * Executes an operation on an agreement, emits its event and traces what went in and came out. A refusal by a policy is
 * traced too.
 */
export function executeTraced<T, E>(
  spec: KindSpec<T>,
  operation: T,
  agreement: Hash,
  context: OperationContext,
  execute: () => Output<E>,
): void {
  const { own } = context;
  const pre = agreementRoot(own, agreement);
  const step = (event: KindSpec<unknown>, value: unknown, decision: Decision): ExecutionStep => ({
    agreement,
    input: executionHash(encode(OperationType, { kind: spec.kind, data: encode(spec.type, operation) })),
    policy: agreements.get(own, agreement)?.termsHash ?? ZERO_HASH,
    decision,
    output: executionHash(encode(OperationType, { kind: event.kind, data: encode(event.type, value) })),
    pre,
    post: agreementRoot(own, agreement),
  });
  try {
    const { event, value, decision = 'allow' } = execute();
    context.emit(event, value);
    trace.add(step(event as KindSpec<unknown>, value, decision));
  } catch (error) {
    if (error instanceof RefusedByPolicy && error.event !== undefined)
      trace.refuse(step(error.event.spec, error.event.value, error.decision));
    throw error;
  }
}

/** A failure because policies deny or escalate; its event names the policy. */
export class RefusedByPolicy extends OperationFailure {
  readonly decision: Decision;
  constructor(failed: OperationFailure, decision: Decision) {
    super(failed.status, failed.message, failed.event);
    this.decision = decision;
  }
}
