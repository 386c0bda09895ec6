import type { ConsensusEvent } from '../consensus/contract.ts';
import { fieldsOf } from '../consensus/message-fields.ts';
import { LIMITS } from '../util/limits.ts';

interface Share {
  messages: number;
  bytes: number;
}

/**
 * The events that wait for the core, in order. Messages of one validator take no more than its share of messages and
 * bytes, so a flood by one costs the others nothing; what the node itself has to say is never refused.
 */
export class EventQueue {
  readonly #events: ConsensusEvent[] = [];
  /** Who has messages in the queue. Decided blocks, which have no single signer, share one entry. */
  readonly #shares = new Map<string, Share>();
  #hasSaidWork = false;

  get length(): number {
    return this.#events.length;
  }

  /** False if the signer of a message has used up its share. */
  add(event: ConsensusEvent): boolean {
    if (event.kind === 'work-available') {
      if (this.#hasSaidWork) return true; // it wakes the height, once and for all; every transaction reports work
      this.#hasSaidWork = true;
    }
    // Work that was reported of the height before is not known at this one.
    if (event.kind === 'start-height') this.#hasSaidWork = false;
    if (event.kind === 'message') {
      const share = this.#shareOf(event);
      const isFull =
        share.messages >= LIMITS.maxQueuedMessagesPerValidator ||
        share.bytes + event.bytes > LIMITS.maxQueuedBytesPerValidator;
      if (isFull) return false;
      this.#enter(event, share);
    }
    this.#events.push(event);
    return true;
  }

  /** Before all others: the node's own message counts as soon as it is journalled. */
  addFirst(event: ConsensusEvent): void {
    if (event.kind === 'message') this.#enter(event, this.#shareOf(event));
    this.#events.unshift(event);
  }

  take(): ConsensusEvent | undefined {
    const event = this.#events.shift();
    if (event?.kind === 'message') this.#leave(event);
    return event;
  }

  clear(): void {
    this.#events.length = 0;
    this.#shares.clear();
    this.#hasSaidWork = false;
  }

  #shareOf(event: MessageEvent): Share {
    return this.#shares.get(keyOf(event)) ?? { messages: 0, bytes: 0 };
  }

  #enter(event: MessageEvent, share: Share): void {
    share.messages += 1;
    share.bytes += event.bytes;
    this.#shares.set(keyOf(event), share);
  }

  #leave(event: MessageEvent): void {
    const share = this.#shareOf(event);
    share.messages -= 1;
    share.bytes -= event.bytes;
    if (share.messages === 0) this.#shares.delete(keyOf(event));
  }
}

type MessageEvent = Extract<ConsensusEvent, { kind: 'message' }>;

function keyOf({ message }: MessageEvent): string {
  return fieldsOf(message).signer ?? '';
}
