/**
 * Weighted rendezvous hashing (Thaler and Ravishankar; weights by the logarithm method of Schindelhauer and
 * Schomaker): everybody ranks contenders alike without talking, each wins in proportion to its weight, and when one
 * leaves only what it had won moves. A contender's score is −log2(u) / weight for a random u in (0, 1]; the smallest
 * score wins. No floats: the logarithm has 64 fractional bits, and scores are compared as fractions.
 */

import type { HashKind } from './domain.ts';
import { hashBytesOf } from './hash.ts';

export interface Contender {
  /** Breaks ties: the smaller one wins. */
  readonly id: string;
  /** At least 1. */
  readonly weight: bigint;
  /** A uniformly distributed 64-bit number. */
  readonly draw: bigint;
}

const DRAW_BITS = 64n;
const FRACTION_BITS = 64;
/** Squaring truncates; with twice the digits of the result that never reaches the digits that count. */
const WORK_BITS = 128n;
const TWO = 2n << WORK_BITS;

/** The first 64 bits of H(kind, parts), big-endian. */
export function drawOf(kind: HashKind, ...parts: readonly Uint8Array[]): bigint {
  const hash = hashBytesOf(kind, ...parts);
  return new DataView(hash.buffer, hash.byteOffset, 8).getBigUint64(0);
}

/** ⌊log2(x) · 2^digits⌋ for an integer x ≥ 1, digit by digit: squaring a number doubles its logarithm. */
export function log2Fixed(x: bigint, digits: number = FRACTION_BITS): bigint {
  if (x < 1n) throw new RangeError('the logarithm of a number below one');
  const exponent = BigInt(x.toString(2).length - 1);
  let mantissa = (x << WORK_BITS) >> exponent;
  let result = exponent;
  for (let digit = 0; digit < digits; digit++) {
    mantissa = (mantissa * mantissa) >> WORK_BITS;
    result <<= 1n;
    if (mantissa < TWO) continue;
    mantissa >>= 1n;
    result |= 1n;
  }
  return result;
}

/** −log2((draw + 1) / 2^64) with 64 fractional bits: from 0 for the greatest draw to 64 for the smallest. */
export function negativeLog2(draw: bigint): bigint {
  if (draw < 0n || draw >> DRAW_BITS !== 0n) throw new RangeError('a draw has 64 bits');
  return (DRAW_BITS << BigInt(FRACTION_BITS)) - log2Fixed(draw + 1n);
}

const ROUGH_DIGITS = 8;

/** What is known of a contender's cost, the negative logarithm of its draw, computed no further than it was asked for. */
class Candidate<T extends Contender> {
  readonly contender: T;
  #roughCost: bigint | undefined;
  #cost: bigint | undefined;

  /** @throws RangeError for a weight below 1 */
  constructor(contender: T) {
    if (contender.weight < 1n) throw new RangeError(`the weight of ${contender.id} is below one`);
    this.contender = contender;
  }

  /** With {@link ROUGH_DIGITS} fractional bits: the cost is at most this, and more than one less. */
  get roughCost(): bigint {
    this.#roughCost ??=
      (DRAW_BITS << BigInt(ROUGH_DIGITS)) - log2Fixed(this.contender.draw + 1n, ROUGH_DIGITS);
    return this.#roughCost;
  }

  get cost(): bigint {
    this.#cost ??= negativeLog2(this.contender.draw);
    return this.#cost;
  }

  /** Below zero if this one goes before the other. */
  compare(other: Candidate<T>): number {
    const { id, weight, draw } = this.contender;
    const { id: otherId, weight: otherWeight, draw: otherDraw } = other.contender;
    // Logarithms are taken only where nothing else tells: they keep draws apart, and few digits are most often enough.
    if (weight === otherWeight && draw !== otherDraw) return draw > otherDraw ? -1 : 1;
    if (this.roughCost * otherWeight <= (other.roughCost - 1n) * weight) return -1;
    if (other.roughCost * weight <= (this.roughCost - 1n) * otherWeight) return 1;
    const [left, right] = [this.cost * otherWeight, other.cost * weight];
    if (left !== right) return left < right ? -1 : 1;
    return id < otherId ? -1 : id > otherId ? 1 : 0;
  }
}

/** The contenders from the winner on. @throws RangeError for a weight below 1 */
export function rankByRendezvous<T extends Contender>(contenders: readonly T[]): T[] {
  return contenders
    .map((contender) => new Candidate(contender))
    .sort((a, b) => a.compare(b))
    .map(({ contender }) => contender);
}

/** The winner alone, the same as the first of {@link rankByRendezvous}. */
export function winnerByRendezvous<T extends Contender>(contenders: readonly T[]): T | undefined {
  const [first, ...others] = contenders.map((contender) => new Candidate(contender));
  if (first === undefined) return undefined;
  return others.reduce((best, one) => (one.compare(best) < 0 ? one : best), first).contender;
}
