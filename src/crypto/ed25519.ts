/**
 * Ed25519 keys and signatures (RFC 8032). The backend verifies; what verifiers are known to disagree about
 * (non-canonical encodings, points of small order, S ≥ L) is refused here before it is asked.
 */
import {
  curve,
  derivePublicKey,
  ed25519Sign,
  ed25519Verify,
  ed25519VerifyAsync,
  importPrivateKey,
  importPublicKey,
  type PublicKeyHandle,
  randomBytes,
} from '#backend';
import { fromHex, isHex, toHex } from '../util/bytes.ts';
import { LIMITS } from '../util/limits.ts';
import { LruCache } from '../util/lru-cache.ts';
import type { Urgency } from './urgency.ts';

export const PUBLIC_KEY_BYTES = 32;
export const SEED_BYTES = 32;
export const SIGNATURE_BYTES = 64;

export interface KeyPair {
  /** Lowercase hex, 32 bytes. */
  readonly publicKey: string;
  /** The 32 secret bytes that everything else derives from. */
  readonly seed: Uint8Array;
  /** The signature of `message` as lowercase hex, 64 bytes. */
  sign(message: Uint8Array): string;
}

/** The key pair of a 32-byte seed. Throws a RangeError for any other length. */
export function keyPairFromSeed(seed: Uint8Array): KeyPair {
  if (seed.length !== SEED_BYTES) throw new RangeError(`a seed has ${SEED_BYTES} bytes, not ${seed.length}`);
  const ownSeed = Uint8Array.from(seed);
  const publicKey = derivePublicKey(ownSeed);
  const privateKey = importPrivateKey(ownSeed, publicKey);
  return {
    publicKey: toHex(publicKey),
    seed: ownSeed,
    sign: (message) => toHex(ed25519Sign(privateKey, message)),
  };
}

/** A key pair of a fresh random seed. */
export function generateKeyPair(): KeyPair {
  return keyPairFromSeed(randomBytes(SEED_BYTES));
}

/**
 * The y coordinates of the eight points whose order divides the cofactor 8, little-endian. The sign bit of x is not
 * part of them: with either sign such an encoding is a point of small order or no valid encoding at all.
 */
const SMALL_ORDER_Y = new Set([
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]);

/** 2^255 − 19, little-endian, the modulus of coordinates. */
const FIELD_PRIME = fromHex('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');
/** L, little-endian, the order of the base point (RFC 8032 §5.1). */
export const GROUP_ORDER = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');

function lessThanLittleEndian(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = a.length - 1; i >= 0; i--) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** Whether 32 bytes encode y < p, and y is not that of a point of small order. Whether y is on the curve stays open. */
function isPlausiblePoint(encoding: Uint8Array): boolean {
  const y = Uint8Array.from(encoding);
  y[31] = (y[31] as number) & 0x7f;
  return lessThanLittleEndian(y, FIELD_PRIME) && !SMALL_ORDER_Y.has(toHex(y));
}

const acceptableKeys = new LruCache<string, boolean>(LIMITS.maxCachedPublicKeys);

/** A multiplication refuses what is no point of the group of prime order. */
const ONE = Uint8Array.of(1, ...new Uint8Array(31));

function checkKey(publicKey: string): boolean {
  const point = fromHex(publicKey);
  return isPlausiblePoint(point) && curve.multiply(ONE, point) !== undefined;
}

/**
 * Whether hex names a public key that may be registered: 32 bytes, canonical, on the curve, and in the group of
 * prime order. Never throws. Costs two signature checks, so recent answers are kept.
 */
export function isAcceptableKey(publicKeyHex: string): boolean {
  if (!isHex(publicKeyHex, PUBLIC_KEY_BYTES)) return false;
  let acceptable = acceptableKeys.get(publicKeyHex);
  if (acceptable === undefined) {
    acceptable = checkKey(publicKeyHex);
    acceptableKeys.set(publicKeyHex, acceptable);
  }
  return acceptable;
}

const importedKeys = new LruCache<string, PublicKeyHandle>(LIMITS.maxCachedPublicKeys);

/**
 * The imported key, unless its bytes rule it out. The full check of {@link isAcceptableKey} is for registration: it
 * costs two verifications, and every verifier behind this file gives the same answer for a key of mixed order.
 */
function importKey(publicKeyHex: string): PublicKeyHandle | undefined {
  let handle = importedKeys.get(publicKeyHex);
  if (handle === undefined) {
    const raw = fromHex(publicKeyHex);
    if (!isPlausiblePoint(raw)) return undefined;
    handle = importPublicKey(raw);
    importedKeys.set(publicKeyHex, handle);
  }
  return handle;
}

/** The key and signature to hand to the verifier, or undefined if they are refused without asking it. */
function admit(publicKeyHex: string, signatureOrHex: Uint8Array | string) {
  const isText = typeof signatureOrHex === 'string';
  if (isText ? !isHex(signatureOrHex, SIGNATURE_BYTES) : signatureOrHex.length !== SIGNATURE_BYTES)
    return undefined;
  if (!isHex(publicKeyHex, PUBLIC_KEY_BYTES)) return undefined;
  const signature = isText ? fromHex(signatureOrHex) : signatureOrHex;
  if (!isPlausiblePoint(signature.subarray(0, 32))) return undefined;
  if (!lessThanLittleEndian(signature.subarray(32), GROUP_ORDER)) return undefined;
  const key = importKey(publicKeyHex);
  return key === undefined ? undefined : { key, signature };
}

/** Whether the signature is the key's for exactly these bytes. Malformed hex or lengths are a `false`, never a throw. */
export function verifySignature(publicKeyHex: string, message: Uint8Array, signatureHex: string): boolean {
  const admitted = admit(publicKeyHex, signatureHex);
  return admitted !== undefined && ed25519Verify(admitted.key, message, admitted.signature);
}

/** Like {@link verifySignature}, with the same answers, off the event loop. The signature may be bytes or hex. */
export async function verifySignatureAsync(
  publicKeyHex: string,
  message: Uint8Array,
  signature: Uint8Array | string,
  urgency: Urgency = 'now',
): Promise<boolean> {
  const admitted = admit(publicKeyHex, signature);
  return (
    admitted !== undefined && (await ed25519VerifyAsync(admitted.key, message, admitted.signature, urgency))
  );
}
