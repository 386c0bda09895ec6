import { createRequire } from 'node:module';
import type { Curve } from './curve.ts';

/** What is used of libsodium ("Point*scalar multiplication" in its documentation). Each throws where it refuses. */
type Sodium = Record<
  | 'crypto_scalarmult_ed25519_base_noclamp'
  | 'crypto_scalarmult_ed25519_noclamp'
  | 'crypto_core_ed25519_add'
  | 'crypto_core_ed25519_sub',
  (result: Uint8Array, ...inputs: readonly Uint8Array[]) => void
>;

const require = createRequire(import.meta.url);

const POINT_BYTES = 32;

function answer(compute: (result: Uint8Array) => void): Uint8Array | undefined {
  const result = new Uint8Array(POINT_BYTES);
  try {
    compute(result);
    return result;
  } catch {
    return undefined;
  }
}

const ALL_ONES = 0xff;
const SIGN = 0x80;

/**
 * Whether y is below the field's prime 2^255 − 19, and x is not minus zero (RFC 8032 §5.1.3): libsodium asks that of the
 * points that it multiplies, but not of those that it adds.
 */
function isCanonical(point: Uint8Array): boolean {
  const [first, last] = [point[0] as number, point[POINT_BYTES - 1] as number];
  const between = point.subarray(1, POINT_BYTES - 1);
  if ((last | SIGN) === ALL_ONES && between.every((byte) => byte === ALL_ONES))
    return first < 0xec || (first === 0xec && last < SIGN);
  return !(last === SIGN && first === 1 && between.every((byte) => byte === 0));
}

/** By libsodium, or undefined on a machine for which its package has no native code (such as Linux with musl). */
export function loadSodiumCurve(): Curve | undefined {
  let sodium: Sodium;
  try {
    sodium = require('sodium-native') as Sodium;
  } catch {
    return undefined;
  }
  const both = (a: Uint8Array, b: Uint8Array, compute: (result: Uint8Array) => void) =>
    isCanonical(a) && isCanonical(b) ? answer(compute) : undefined;
  return {
    multiplyBase: (scalar) => answer((out) => sodium.crypto_scalarmult_ed25519_base_noclamp(out, scalar)),
    multiply: (scalar, point) =>
      answer((out) => sodium.crypto_scalarmult_ed25519_noclamp(out, scalar, point)),
    add: (a, b) => both(a, b, (out) => sodium.crypto_core_ed25519_add(out, a, b)),
    subtract: (a, b) => both(a, b, (out) => sodium.crypto_core_ed25519_sub(out, a, b)),
  };
}
