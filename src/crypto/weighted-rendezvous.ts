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

/** The contenders from the winner on. @throws RangeError for a weight below 1 */
export function rankByRendezvous<T extends Contender>(contenders: readonly T[]): T[] {
  return contenders
    .map((contender) => {
      if (contender.weight < 1n) throw new RangeError(`the weight of ${contender.id} is below one`);
      return { contender, cost: negativeLog2(contender.draw) };
    })
    .sort((a, b) => {
      const left = a.cost * b.contender.weight;
      const right = b.cost * a.contender.weight;
      if (left !== right) return left < right ? -1 : 1;
      return a.contender.id < b.contender.id ? -1 : a.contender.id > b.contender.id ? 1 : 0;
    })
    .map(({ contender }) => contender);
}

/** Of equal weights only the greatest draw can win: the logarithm keeps draws apart, so no two of them tie. */
function bestOfEachWeight<T extends Contender>(contenders: readonly T[]): T[] {
  const best = new Map<bigint, T>();
  for (const contender of contenders) {
    const { weight, draw, id } = contender;
    if (weight < 1n) throw new RangeError(`the weight of ${id} is below one`);
    const other = best.get(weight);
    if (other === undefined || draw > other.draw || (draw === other.draw && id < other.id))
      best.set(weight, contender);
  }
  return [...best.values()];
}

const COARSE_BITS = 8;

/**
 * The winner alone, the same as the first of {@link rankByRendezvous}. A few digits of each logarithm tell who cannot
 * win; only the others are computed to the end.
 */
export function winnerByRendezvous<T extends Contender>(contenders: readonly T[]): T | undefined {
  const hopeful = bestOfEachWeight(contenders);
  if (hopeful.length < 2) return hopeful[0];
  const [first, ...others] = hopeful.map((contender) => ({
    contender,
    most: (DRAW_BITS << BigInt(COARSE_BITS)) - log2Fixed(contender.draw + 1n, COARSE_BITS),
  }));
  if (first === undefined) return undefined;
  const best = others.reduce(
    (least, one) => (one.most * least.contender.weight < least.most * one.contender.weight ? one : least),
    first,
  );
  const possible = [first, ...others].filter(
    ({ contender, most }) => (most - 1n) * best.contender.weight <= best.most * contender.weight,
  );
  return rankByRendezvous(possible.map(({ contender }) => contender))[0];
}
