import type { Clock } from '../../util/clock.ts';

/** A chain moves if it had a block within this time; even an idle one does. */
const MOVING_MS = 15_000;
/** What lies between two things done for want of anything better, while the chain stands. */
const PAUSE_MS = 3000;

/** An event loop that is busy for more of its time than this has other things to do. */
const BUSY_SHARE = 0.6;
/** What lies between two things done for want of anything better, while the loop is busy. */
const BUSY_PAUSE_MS = 6000;

/** Who has so many blocks less than others is catching up. */
const BEHIND_BLOCKS = 3;

export interface LeisureDeps {
  /** Of the own head. */
  readonly height: () => number;
  /** The greatest height that a peer says it has. */
  readonly claimed: () => number;
  /** How much of its time the event loop was busy lately, 0 to 1. */
  readonly busyShare: () => number;
  readonly clock: Clock;
}

/**
 * When a node has time for what can wait. While it follows a chain that moves and is not busy, at once. After its start,
 * while it is catching up, and when the chain has come to a stand, everything that may get it going comes first; if that
 * does not help, or others only claim to be ahead, now and then.
 */
export class Leisure {
  readonly #height: () => number;
  readonly #claimed: () => number;
  readonly #busyShare: () => number;
  readonly #clock: Clock;
  #lastHeight: number;
  #sinceMs: number;
  #hasMoved = false;
  #grantedMs = Number.NEGATIVE_INFINITY;

  constructor({ height, claimed, busyShare, clock }: LeisureDeps) {
    this.#height = height;
    this.#claimed = claimed;
    this.#busyShare = busyShare;
    this.#clock = clock;
    this.#lastHeight = height();
    this.#sinceMs = clock.monotonicMs();
  }

  /** Whether to do one such thing now. */
  grant(): boolean {
    const nowMs = this.#clock.monotonicMs();
    const height = this.#height();
    if (height > this.#lastHeight) {
      this.#hasMoved = true;
      this.#lastHeight = height;
      this.#sinceMs = nowMs;
    }
    const isBehind = this.#claimed() >= height + BEHIND_BLOCKS;
    const isMoving = nowMs - this.#sinceMs < MOVING_MS && !isBehind;
    if (isMoving && !this.#hasMoved) return false;
    const pauseMs = !isMoving ? PAUSE_MS : this.#busyShare() > BUSY_SHARE ? BUSY_PAUSE_MS : 0;
    if (nowMs - this.#grantedMs < pauseMs) return false;
    this.#grantedMs = nowMs;
    return true;
  }
}
