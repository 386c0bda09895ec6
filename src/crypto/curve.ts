/**
 * Arithmetic on encoded points of edwards25519 (RFC 8032 §5.1). All points and scalars are 32 bytes, little-endian;
 * scalars lie below the group order. Every answer is undefined where an input is no point of the curve.
 */
export interface Curve {
  /** The base point times a scalar; undefined for zero. */
  multiplyBase(scalar: Uint8Array): Uint8Array | undefined;
  /** Undefined also for zero, and for points outside the group of prime order or of small order. */
  multiply(scalar: Uint8Array, point: Uint8Array): Uint8Array | undefined;
  add(a: Uint8Array, b: Uint8Array): Uint8Array | undefined;
  subtract(a: Uint8Array, b: Uint8Array): Uint8Array | undefined;
}
