import type { Clock } from '../../util/clock.ts';
import { errorMessage } from '../../util/errors.ts';
import { LIMITS } from '../../util/limits.ts';

/** Somewhere this node wants to be connected. */
export interface DialTarget {
  /** Peer id, or the multiaddr of a boot node without one. */
  readonly key: string;
  readonly addresses: readonly string[];
  /** The other side is likely to dial at the same moment, and this one lets it go first. */
  readonly isPatient: boolean;
  /** False where this node has peers enough to go on with: such a target is dialed at leisure. */
  readonly isUrgent: boolean;
  /** Whether it is urgent in place of an urgent one before it that does not answer. */
  readonly isReserve: boolean;
}

export interface DialerDeps {
  /** Everything wanted that is not connected now. */
  readonly missing: () => DialTarget[];
  /** Rejects when the connection or its handshake fails. */
  readonly dial: (target: DialTarget) => Promise<void>;
  /** A target was not reached, for the first time or for another reason than the last time. */
  readonly onFault: (target: DialTarget, error: unknown) => void;
  /** Whether this node has done what comes before meeting everyone. */
  readonly hasLeisure: () => boolean;
  readonly clock: Clock;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
}

interface Attempts {
  failures: number;
  dueMs: number;
  inFlight: boolean;
  /** When the last one began. */
  beganMs: number;
  /** Why the last one failed. */
  reason: string | undefined;
}

const FIRST_DELAY_MS = 250;
const MAX_PARALLEL_DIALS = 8;
/** What a patient first attempt waits: two connections that cross cost both sides a handshake for nothing. */
const PATIENCE_MS = 1000;
/** Who has not answered for so long is no longer waited for. */
const SLOW_DIAL_MS = 5000;
/** How often it looks whether the node has leisure. */
const LEISURE_CHECK_MS = 250;

/** Delay before the next attempt: doubling from `FIRST_DELAY_MS`, capped, each with ± 30 % so that nodes spread. */
export function redialDelayMs(failures: number, random: number): number {
  const delay = Math.min(FIRST_DELAY_MS * 2 ** Math.min(failures, 16), LIMITS.maxRedialDelayMs);
  return Math.round(delay * (0.7 + 0.6 * random));
}

/**
 * Keeps dialing what is missing. libp2p's own reconnection gives up after half a minute, so this is the only one in
 * use. One timer, and none while nothing is missing. What is not urgent is dialed one after the other, once the node
 * has leisure: where many nodes start at once, a handshake for each pair of them would hold up their first block.
 */
export class Dialer {
  readonly #deps: DialerDeps;
  readonly #attempts = new Map<string, Attempts>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(deps: DialerDeps) {
    this.#deps = deps;
  }

  /** Looks again at what is missing; call it whenever that may have changed. */
  reconsider(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const missing = this.#deps.missing();
    this.#forgetOthers(missing);
    const nowMs = this.#deps.clock.monotonicMs();
    let inFlight = [...this.#attempts.values()].filter(
      (attempts) => attempts.inFlight && nowMs - attempts.beganMs < SLOW_DIAL_MS,
    ).length;
    let nextMs = Number.POSITIVE_INFINITY;
    let reserves = 0;
    for (const target of missing) {
      const attempts = this.#attemptsAt(target, nowMs);
      const isUrgent = target.isUrgent || (target.isReserve && reserves > 0);
      if (!target.isUrgent && isUrgent) reserves--;
      const slowAtMs = attempts.inFlight ? attempts.beganMs + SLOW_DIAL_MS : Number.POSITIVE_INFINITY;
      if (isUrgent && (attempts.failures > 0 || slowAtMs <= nowMs)) reserves++;
      if (attempts.inFlight) {
        if (isUrgent && slowAtMs > nowMs) nextMs = Math.min(nextMs, slowAtMs);
      } else if (attempts.dueMs <= nowMs && this.#mayDial(isUrgent, inFlight)) {
        inFlight++;
        void this.#dial(target, attempts);
      } else {
        const soonestMs = nowMs + (isUrgent ? FIRST_DELAY_MS / 5 : LEISURE_CHECK_MS);
        nextMs = Math.min(nextMs, Math.max(attempts.dueMs, soonestMs));
      }
    }
    if (nextMs < Number.POSITIVE_INFINITY) this.#timer = setTimeout(() => this.reconsider(), nextMs - nowMs);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** Asked of what is due only: leisure that is granted is used. */
  #mayDial(isUrgent: boolean, inFlight: number): boolean {
    return isUrgent ? inFlight < MAX_PARALLEL_DIALS : inFlight === 0 && this.#deps.hasLeisure();
  }

  #attemptsAt(target: DialTarget, nowMs: number): Attempts {
    let attempts = this.#attempts.get(target.key);
    if (attempts === undefined) {
      const delayMs = this.#deps.random() * FIRST_DELAY_MS + (target.isPatient ? PATIENCE_MS : 0);
      attempts = {
        failures: 0,
        dueMs: nowMs + Math.floor(delayMs),
        inFlight: false,
        beganMs: nowMs,
        reason: undefined,
      };
      this.#attempts.set(target.key, attempts);
    }
    return attempts;
  }

  async #dial(target: DialTarget, attempts: Attempts): Promise<void> {
    attempts.inFlight = true;
    attempts.beganMs = this.#deps.clock.monotonicMs();
    try {
      await this.#deps.dial(target);
      attempts.failures = 0;
    } catch (error) {
      attempts.failures++;
      const reason = errorMessage(error);
      if (reason !== attempts.reason) this.#deps.onFault(target, error);
      attempts.reason = reason;
    }
    attempts.inFlight = false;
    attempts.dueMs = this.#deps.clock.monotonicMs() + redialDelayMs(attempts.failures, this.#deps.random());
    this.reconsider();
  }

  /** A target that is connected keeps its entry while a dial runs, and loses it afterwards. */
  #forgetOthers(missing: readonly DialTarget[]): void {
    const keys = new Set(missing.map(({ key }) => key));
    for (const [key, attempts] of this.#attempts)
      if (!keys.has(key) && !attempts.inFlight) this.#attempts.delete(key);
  }
}
