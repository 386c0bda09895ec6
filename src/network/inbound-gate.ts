import type { Clock } from '../util/clock.ts';
import { LIMITS } from '../util/limits.ts';
import { RateBudget } from './rate-budget.ts';

/** What one peer may send: a rate, and how much may wait for its handlers. */
export interface InboundBounds {
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
}

export const VALIDATOR_BOUNDS: InboundBounds = {
  messagesPerSecond: LIMITS.maxMessagesPerSecondOfValidator,
  bytesPerSecond: LIMITS.maxBytesPerSecondOfValidator,
};
export const OBSERVER_BOUNDS: InboundBounds = {
  messagesPerSecond: LIMITS.maxMessagesPerSecondOfObserver,
  bytesPerSecond: LIMITS.maxBytesPerSecondOfObserver,
};

/** The part of a stream that the gate drives. */
export interface Pausable {
  readonly status: string;
  pause(): void;
  resume(): void;
}

/**
 * Stops reading from a peer that sends faster than its bounds, or faster than its messages are handled: its own
 * window fills and its own queue drops, others notice nothing.
 */
export class InboundGate {
  readonly #clock: Clock;
  readonly #messages: RateBudget;
  readonly #bytes: RateBudget;
  /** For what comes although nothing more should be taken. */
  readonly #unwanted: RateBudget;
  #stream: Pausable | undefined;
  #pendingMessages = 0;
  #pendingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #paused = false;
  #closed = false;

  constructor(bounds: InboundBounds, clock: Clock) {
    this.#clock = clock;
    this.#messages = new RateBudget(bounds.messagesPerSecond, clock.monotonicMs());
    this.#bytes = new RateBudget(bounds.bytesPerSecond, clock.monotonicMs());
    this.#unwanted = new RateBudget(bounds.messagesPerSecond, clock.monotonicMs());
  }

  /** The stream that is paused and resumed from now on. */
  watch(stream: Pausable): void {
    this.#stream = stream;
    if (this.#paused) stream.pause();
  }

  /** Nothing more should be taken from this peer now. Carriers that cannot pause drop what it sends meanwhile. */
  get isPaused(): boolean {
    return this.#paused;
  }

  /** Whether so much waits for handlers that nothing more should be taken. */
  get #isFull(): boolean {
    return (
      this.#pendingMessages >= LIMITS.maxPendingMessagesPerPeer ||
      this.#pendingBytes >= LIMITS.maxPendingBytesPerPeer
    );
  }

  /** Counts a message whose handler was called; the returned function must be called once, when it has answered. */
  enter(bytes: number): () => void {
    this.#pendingMessages++;
    this.#pendingBytes += bytes;
    const now = this.#clock.monotonicMs();
    const waitMs = Math.max(this.#messages.spend(1, now), this.#bytes.spend(bytes, now));
    if (waitMs > 0) this.#pauseFor(waitMs);
    else if (this.#isFull) this.#pause();
    return () => {
      this.#pendingMessages--;
      this.#pendingBytes -= bytes;
      this.#maybeResume();
    };
  }

  /** Counts a message that was dropped unread; true if there are so many that only an end of the connection helps. */
  noteDropped(): boolean {
    return this.#unwanted.spend(1, this.#clock.monotonicMs()) > 0;
  }

  /** What is provably bad was costly to check: a peer that sends nothing else is hardly read. */
  noteRejected(): void {
    const waitMs = this.#messages.spend(LIMITS.rejectedMessageCost, this.#clock.monotonicMs());
    if (waitMs > 0) this.#pauseFor(waitMs);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #pauseFor(waitMs: number): void {
    if (this.#closed) return;
    this.#pause();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#maybeResume();
    }, waitMs);
  }

  #pause(): void {
    this.#paused = true;
    if (this.#stream?.status === 'open') this.#stream.pause();
  }

  #maybeResume(): void {
    if (this.#closed || this.#timer !== undefined || this.#isFull || !this.#paused) return;
    this.#paused = false;
    if (this.#stream?.status === 'open') this.#stream.resume();
  }
}
