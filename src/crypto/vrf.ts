/**
 * Verifiable random function ECVRF-EDWARDS25519-SHA512-TAI (RFC 9381): the holder of a key computes one output per
 * input, nobody can predict it, and everybody can check it. Its keys look like Ed25519 keys but are keys of their own.
 */
import { mulAddUnsafe } from '@noble/curves/abstract/curve.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concatBytes, fromHex, isHex, toHex } from '../util/bytes.ts';
import { isAcceptableKey, keyPairFromSeed, SEED_BYTES } from './ed25519.ts';

const { Point } = ed25519;
type Point = InstanceType<typeof Point>;

/**
 * A copy of the base point. Of its own one the library makes a table at the first use, which costs a process 60 ms and
 * memory, and would save a fifth of a check.
 */
const BASE = Point.fromAffine(Point.BASE.toAffine());

export const VRF_PROOF_BYTES = 80;

const ORDER = Point.Fn.ORDER;
const SUITE = 0x03;
const ENCODE_TO_CURVE_FRONT = 0x01;
const CHALLENGE_FRONT = 0x02;
const PROOF_TO_HASH_FRONT = 0x03;
const BACK = 0x00;
const CHALLENGE_BYTES = 16;

export interface VrfKeyPair {
  /** Lowercase hex, 32 bytes. */
  readonly publicKey: string;
  /** The proof for `alpha` as lowercase hex, 80 bytes; the same input always gives the same proof. */
  prove(alpha: Uint8Array): string;
}

function decodePoint(bytes: Uint8Array): Point | undefined {
  try {
    return Point.fromBytes(bytes);
  } catch {
    return undefined;
  }
}

/** RFC 9381 §5.4.1.1, try-and-increment; a try succeeds with probability one half. */
function encodeToCurve(publicKey: Uint8Array, alpha: Uint8Array): Point {
  for (let counter = 0; counter < 256; counter++) {
    const hash = sha512(
      concatBytes(
        Uint8Array.of(SUITE, ENCODE_TO_CURVE_FRONT),
        publicKey,
        alpha,
        Uint8Array.of(counter, BACK),
      ),
    );
    const point = decodePoint(hash.subarray(0, 32))?.clearCofactor();
    if (point !== undefined && !point.is0()) return point;
  }
  throw new Error('no point in 256 tries, an event of probability 2^-256');
}

/** RFC 9381 §5.4.3. */
function challenge(...points: readonly Point[]): bigint {
  const hash = sha512(
    concatBytes(
      Uint8Array.of(SUITE, CHALLENGE_FRONT),
      ...points.map((point) => point.toBytes()),
      Uint8Array.of(BACK),
    ),
  );
  return bytesToNumberLE(hash.subarray(0, CHALLENGE_BYTES));
}

/** RFC 9381 §5.2, the output of an already decoded proof. */
function outputOf(gamma: Point): Uint8Array {
  return sha512(
    concatBytes(
      Uint8Array.of(SUITE, PROOF_TO_HASH_FRONT),
      gamma.clearCofactor().toBytes(),
      Uint8Array.of(BACK),
    ),
  );
}

/** The secret scalar of a seed, and what nonces are made with (RFC 8032 §5.1.5). */
function expandSeed(seed: Uint8Array): { readonly scalar: bigint; readonly prefix: Uint8Array } {
  const hash = sha512(seed);
  const head = hash.slice(0, 32);
  head[0] = (head[0] as number) & 0b1111_1000;
  head[31] = ((head[31] as number) & 0b0111_1111) | 0b0100_0000;
  return { scalar: bytesToNumberLE(head) % ORDER, prefix: hash.slice(32) };
}

/** The key pair of a 32-byte seed (RFC 9381 §5.5). Throws a RangeError for any other length. */
export function vrfKeyPairFromSeed(seed: Uint8Array): VrfKeyPair {
  if (seed.length !== SEED_BYTES) throw new RangeError(`a seed has ${SEED_BYTES} bytes, not ${seed.length}`);
  const { publicKey } = keyPairFromSeed(seed); // made as an Ed25519 key is
  const pointBytes = fromHex(publicKey);
  const { scalar, prefix } = expandSeed(seed);
  return {
    publicKey,
    prove(alpha) {
      const input = encodeToCurve(pointBytes, alpha);
      const gamma = input.multiply(scalar);
      const nonce = bytesToNumberLE(sha512(concatBytes(prefix, input.toBytes()))) % ORDER;
      const point = Point.fromBytes(pointBytes);
      const c = challenge(point, input, gamma, BASE.multiply(nonce), input.multiply(nonce));
      const s = (nonce + c * scalar) % ORDER;
      return toHex(concatBytes(gamma.toBytes(), numberToBytesLE(c, CHALLENGE_BYTES), numberToBytesLE(s, 32)));
    },
  };
}

interface DecodedProof {
  readonly gamma: Point;
  readonly c: bigint;
  readonly s: bigint;
}

/** RFC 9381 §5.4.4. */
function decodeProof(proofHex: string): DecodedProof | undefined {
  if (!isHex(proofHex, VRF_PROOF_BYTES)) return undefined;
  const bytes = fromHex(proofHex);
  const gamma = decodePoint(bytes.subarray(0, 32));
  const c = bytesToNumberLE(bytes.subarray(32, 32 + CHALLENGE_BYTES));
  const s = bytesToNumberLE(bytes.subarray(32 + CHALLENGE_BYTES));
  return gamma === undefined || s >= ORDER ? undefined : { gamma, c, s };
}

/**
 * The 64-byte output that a valid proof proves, or undefined (RFC 9381 §5.3 with key validation). Never throws for
 * malformed keys or proofs.
 */
export function vrfVerify(publicKeyHex: string, alpha: Uint8Array, proofHex: string): Uint8Array | undefined {
  const proof = decodeProof(proofHex);
  if (proof === undefined || !isAcceptableKey(publicKeyHex)) return undefined;
  const { gamma, c, s } = proof;
  const publicKey = fromHex(publicKeyHex);
  const point = Point.fromBytes(publicKey);
  const input = encodeToCurve(publicKey, alpha);
  // One chain of doublings for both summands.
  const u = mulAddUnsafe(Point, [BASE, point.negate()], [s, c]);
  const v = mulAddUnsafe(Point, [input, gamma.negate()], [s, c]);
  return challenge(point, input, gamma, u, v) === c ? outputOf(gamma) : undefined;
}

/** The output that a proof stands for, without checking it: only for proofs made or verified before. */
export function vrfProofToHash(proofHex: string): Uint8Array | undefined {
  const proof = decodeProof(proofHex);
  return proof === undefined ? undefined : outputOf(proof.gamma);
}
