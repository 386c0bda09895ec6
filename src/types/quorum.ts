/**
 * The only place where votes are counted against a threshold: the core, certificates, sync, the light client and the
 * set of governance votes all use these functions. For n = 21: f = 6, quorum 14, weak quorum 7.
 */

function assertSize(n: number): void {
  if (!Number.isSafeInteger(n) || n < 1)
    throw new RangeError(`a validator set has at least 1 member, not ${n}`);
}

/** f: how many validators may be Byzantine. */
export function faultTolerance(n: number): number {
  assertSize(n);
  return Math.floor((n - 1) / 3);
}

/** ceil(2n/3), in integers: two quorums share at least f + 1 validators, and n − f can form one. */
export function quorum(n: number): number {
  assertSize(n);
  return Math.floor((2 * n + 2) / 3);
}

/** f + 1: at least one honest validator is among them. */
export function weakQuorum(n: number): number {
  return faultTolerance(n) + 1;
}
