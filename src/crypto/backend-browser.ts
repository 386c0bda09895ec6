/**
 * The backend in a browser: noble instead of `node:crypto`, with the exports of `backend-node.ts`. It never runs inside
 * a node.
 */

import { ed25519 } from '@noble/curves/ed25519.js';
import { bytesToNumberLE } from '@noble/curves/utils.js';
import { sha256 as sha256OfNoble, sha512 } from '@noble/hashes/sha2.js';
import { concatBytes, equalBytes, toHex } from '../util/bytes.ts';
import type { Curve } from './curve.ts';
import { nobleCurve } from './curve-noble.ts';
import type { Urgency } from './urgency.ts';

export const curve: Curve = nobleCurve;

const { Point } = ed25519;

export interface PublicKeyHandle {
  readonly raw: Uint8Array;
  /** Minus the key's point; undefined if the bytes are no point, and then no signature verifies. */
  readonly negated: InstanceType<typeof Point> | undefined;
}
export type PrivateKeyHandle = Uint8Array;

export function sha256(bytes: Uint8Array): Uint8Array {
  return sha256OfNoble(bytes);
}

/** The same as lowercase hex. */
export function sha256Hex(bytes: Uint8Array): string {
  return toHex(sha256OfNoble(bytes));
}

export function randomBytes(length: number): Uint8Array {
  return globalThis.crypto.getRandomValues(new Uint8Array(length));
}

/** Decodes a raw 32-byte public key. */
export function importPublicKey(raw: Uint8Array): PublicKeyHandle {
  const own = Uint8Array.from(raw);
  try {
    return { raw: own, negated: Point.fromBytes(own).negate() };
  } catch {
    return { raw: own, negated: undefined };
  }
}

/** The seed is all that signing needs here; `publicKey` is taken for the sake of the same signature. */
export function importPrivateKey(seed: Uint8Array, _publicKey: Uint8Array): PrivateKeyHandle {
  return Uint8Array.from(seed);
}

/** The 32-byte public key of a 32-byte seed. */
export function derivePublicKey(seed: Uint8Array): Uint8Array {
  return ed25519.getPublicKey(seed);
}

export function ed25519Sign(key: PrivateKeyHandle, message: Uint8Array): Uint8Array {
  return ed25519.sign(message, key);
}

/** SHA-512 output as an integer modulo L (RFC 8032 §5.1.7, step 2). */
function hashToScalar(...parts: readonly Uint8Array[]): bigint {
  return Point.Fn.create(bytesToNumberLE(sha512(concatBytes(...parts))));
}

/**
 * The check without cofactor, R = SB − kA compared as bytes, because that is what OpenSSL does: noble's own `verify`
 * multiplies by the cofactor and would accept signatures that a node refuses.
 */
export function ed25519Verify(key: PublicKeyHandle, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64 || key.negated === undefined) return false;
  const r = signature.subarray(0, 32);
  const s = bytesToNumberLE(signature.subarray(32));
  if (s >= Point.Fn.ORDER) return false;
  const k = hashToScalar(r, key.raw, message);
  const expected = Point.BASE.multiplyUnsafe(s).add(key.negated.multiplyUnsafe(k));
  return equalBytes(expected.toBytes(), r);
}

/** The same; a page has no other threads, so it makes no difference how urgent it is. */
export function ed25519VerifyAsync(
  key: PublicKeyHandle,
  message: Uint8Array,
  signature: Uint8Array,
  _urgency: Urgency,
): Promise<boolean> {
  return Promise.resolve(ed25519Verify(key, message, signature));
}
