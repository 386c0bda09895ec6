import type { Genesis, Parameters } from '../types/genesis.ts';
import type { KindSpec } from '../types/operations/catalog.ts';
import type { LedgerEvent } from '../types/receipt.ts';
import { encode } from '../types/ssz.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
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
 * What the operations of one transaction see, each in its turn. All of it are properties of its own, of which no call
 * needs `this`, so that handlers may take it apart and a trace may put something else in their place; assigning them one
 * by one is several times as fast as copying the section's context.
 */
export class OperationScope implements OperationContext {
  readonly height: number;
  readonly timeMs: number;
  readonly genesis: Genesis;
  readonly genesisHash: Hash;
  readonly parameters: Parameters;
  readonly own: StateWriter;
  readonly at: LedgerContext['at'];
  readonly lock: LedgerContext['lock'];
  readonly send: LedgerContext['send'];
  readonly txId: Hash;
  readonly sender: Address;
  readonly senderKey: string;
  readonly nonce: bigint;
  /** Of the operation whose turn it is. */
  operationIndex = 0;
  readonly #charges: SectionCharges;
  readonly #events: LedgerEvent[];

  /** `events`: to which the operations add theirs. */
  constructor(
    section: LedgerContext,
    charges: SectionCharges,
    transaction: EncodedTransaction,
    events: LedgerEvent[],
  ) {
    const { body, auth } = transaction.value;
    this.height = section.height;
    this.timeMs = section.timeMs;
    this.genesis = section.genesis;
    this.genesisHash = section.genesisHash;
    this.parameters = section.parameters;
    this.own = section.own;
    this.at = section.at;
    this.lock = section.lock;
    this.send = section.send;
    this.txId = transaction.id;
    this.sender = body.sender;
    this.senderKey = toHex(auth.publicKey);
    this.nonce = body.nonce;
    this.#charges = charges;
    this.#events = events;
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
