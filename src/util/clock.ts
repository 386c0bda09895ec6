/**
 * Where the node asks for time. Wall time stamps blocks and checks expiry; monotonic time drives every timer and
 * timeout, because a wall clock may step.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  wallMs(): number;
  /** Milliseconds since an arbitrary start; never goes back. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => Math.floor(performance.now()),
};
