import type { Genesis, Parameters } from '../types/genesis.ts';
import type { KindSpec } from '../types/operations/catalog.ts';
import type { LedgerEvent } from '../types/receipt.ts';
import { type Address, encode, type Hash } from '../types/ssz.ts';
import { COMMON_STATUSES } from '../types/status.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import { toHex } from '../util/bytes.ts';
import { LIMITS } from '../util/limits.ts';
import {
  type Job,
  type JobOutcome,
  type LedgerContext,
  type OperationContext,
  OperationFailure,
  type StateWriter,
} from './seam.ts';
import type { SectionCharges } from './section-charges.ts';

/**
 * What one operation sees. It refers to the section's context instead of copying it, which would take longer than most
 * operations do. What can be called needs no `this`, so that handlers may take the context apart.
 */
export class OperationScope implements OperationContext {
  readonly operationIndex: number;
  readonly at: LedgerContext['at'];
  readonly lock: LedgerContext['lock'];
  readonly send: LedgerContext['send'];
  readonly #section: LedgerContext;
  readonly #charges: SectionCharges;
  readonly #transaction: EncodedTransaction;
  readonly #events: LedgerEvent[];

  /** `events`: of the transaction's operations so far, to which this one adds its own. */
  constructor(
    section: LedgerContext,
    charges: SectionCharges,
    transaction: EncodedTransaction,
    operationIndex: number,
    events: LedgerEvent[],
  ) {
    this.at = section.at;
    this.lock = section.lock;
    this.send = section.send;
    this.#section = section;
    this.#charges = charges;
    this.#transaction = transaction;
    this.operationIndex = operationIndex;
    this.#events = events;
  }

  get height(): number {
    return this.#section.height;
  }

  get timeMs(): number {
    return this.#section.timeMs;
  }

  get genesis(): Genesis {
    return this.#section.genesis;
  }

  get genesisHash(): Hash {
    return this.#section.genesisHash;
  }

  get parameters(): Parameters {
    return this.#section.parameters;
  }

  get own(): StateWriter {
    return this.#section.own;
  }

  get txId(): Hash {
    return this.#transaction.id;
  }

  get sender(): Address {
    return this.#transaction.value.body.sender;
  }

  get senderKey(): string {
    return toHex(this.#transaction.value.auth.publicKey);
  }

  get nonce(): bigint {
    return this.#transaction.value.body.nonce;
  }

  readonly emit = <T>(spec: KindSpec<T>, value: T): void => {
    this.#events.push(encodeEvent(spec, value, this.operationIndex, this.#events.length));
  };

  readonly chargeJob = (job: Job): JobOutcome => this.#charges.chargeJob(job);

  readonly chargeCrossBorder = (amount: bigint): void => this.#charges.chargeCrossBorder(amount);
}

/**
 * An event as a receipt holds it, after `count` others.
 * @throws OperationFailure TOO_MANY_EVENTS or EVENT_TOO_LARGE
 */
export function encodeEvent<T>(spec: KindSpec<T>, value: T, operation: number, count: number): LedgerEvent {
  if (count >= LIMITS.maxEventsPerReceipt)
    throw new OperationFailure(COMMON_STATUSES.TOO_MANY_EVENTS, 'too many events in one transaction');
  const data = encode(spec.type, value);
  if (data.length > LIMITS.maxEventBytes)
    throw new OperationFailure(COMMON_STATUSES.EVENT_TOO_LARGE, `an event of ${data.length} bytes`);
  return { operation, kind: spec.kind, data };
}
