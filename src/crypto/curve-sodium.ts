import type { Curve } from './curve.ts';
import type { PointOperation, Sodium } from './sodium.ts';

const POINT_BYTES = 32;
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

/** By libsodium. */
export function curveOf(sodium: Sodium): Curve {
  const answer = (name: PointOperation, ...inputs: readonly Uint8Array[]): Uint8Array | undefined => {
    if (inputs.some(({ length }) => length !== POINT_BYTES)) return undefined;
    const result = new Uint8Array(POINT_BYTES);
    return sodium[name](result, ...inputs) === 0 ? result : undefined;
  };
  const combine = (name: PointOperation, a: Uint8Array, b: Uint8Array) =>
    isCanonical(a) && isCanonical(b) ? answer(name, a, b) : undefined;
  return {
    multiplyBase: (scalar) => answer('crypto_scalarmult_ed25519_base_noclamp', scalar),
    multiply: (scalar, point) => answer('crypto_scalarmult_ed25519_noclamp', scalar, point),
    add: (a, b) => combine('crypto_core_ed25519_add', a, b),
    subtract: (a, b) => combine('crypto_core_ed25519_sub', a, b),
  };
}
