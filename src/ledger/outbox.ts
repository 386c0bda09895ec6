import type { LedgerName } from '../types/names.ts';
import type { SentMessage } from '../types/section-parts.ts';
import { COMMON_STATUSES } from '../types/status.ts';
import { LIMITS } from '../util/limits.ts';
import { OperationFailure, type OutboxMessage } from './seam.ts';

/** The messages that one ledger sends within one block, up to a bound. */
export class Outbox {
  readonly #from: LedgerName;
  readonly #bound: number;
  readonly #messages: SentMessage[] = [];

  constructor(from: LedgerName, bound: number) {
    this.#from = from;
    this.#bound = bound;
  }

  get messages(): readonly SentMessage[] {
    return this.#messages;
  }

  get length(): number {
    return this.#messages.length;
  }

  /** @throws OperationFailure OUTBOX_FULL past the bound, or for a message that is too long */
  send(message: OutboxMessage): void {
    if (this.#messages.length >= this.#bound)
      throw new OperationFailure(COMMON_STATUSES.OUTBOX_FULL, 'the outbox of this section is full');
    if (message.data.length > LIMITS.maxOutboxMessageBytes)
      throw new OperationFailure(COMMON_STATUSES.OUTBOX_FULL, `a message of ${message.data.length} bytes`);
    this.#messages.push({ from: this.#from, to: message.to, kind: message.kind, data: message.data });
  }

  /** Takes back everything after the first `length` messages. */
  truncate(length: number): void {
    this.#messages.length = length;
  }
}
