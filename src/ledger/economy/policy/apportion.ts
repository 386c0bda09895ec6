/** Somebody's claim to a part of a sum, in proportion to the weights of all. */
export interface Claim {
  readonly id: string;
  readonly weight: bigint;
}

/**
 * Divides a sum by Hamilton's method of largest remainders: everyone gets the quota rounded down, and what is left goes
 * one by one to the largest remainders, ties by id. The parts, in the order of the claims, add up to the sum.
 * @throws RangeError where there is no weight to divide by
 */
export function apportion(sum: bigint, claims: readonly Claim[]): bigint[] {
  const total = claims.reduce((weights, { weight }) => weights + weight, 0n);
  if (total <= 0n) throw new RangeError('nobody has a claim');
  const parts = claims.map(({ weight }) => (sum * weight) / total);
  let left = sum - parts.reduce((given, part) => given + part, 0n);
  const byRemainder = claims
    .map(({ id, weight }, index) => ({ id, index, remainder: (sum * weight) % total }))
    .sort((a, b) => compare(b.remainder, a.remainder) || compare(a.id, b.id));
  for (const { index } of byRemainder) {
    if (left === 0n) break;
    parts[index] = (parts[index] as bigint) + 1n;
    left -= 1n;
  }
  return parts;
}

function compare<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
