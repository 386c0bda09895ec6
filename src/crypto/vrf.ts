/**
 * Verifiable random function ECVRF-EDWARDS25519-SHA512-TAI (RFC 9381): the holder of a key computes one output per
 * input, nobody can predict it, and everybody can check it. Its keys look like Ed25519 keys but are keys of their own.
 */
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { curve } from '#backend';
import { concatBytes, equalBytes, fromHex, isHex, toHex } from '../util/bytes.ts';
import { GROUP_ORDER, isAcceptableKey, keyPairFromSeed, SEED_BYTES } from './ed25519.ts';

export const VRF_PROOF_BYTES = 80;

const ORDER = bytesToNumberLE(GROUP_ORDER);
const SCALAR_BYTES = 32;
const DOUBLINGS_OF_COFACTOR = 3;
const IDENTITY = numberToBytesLE(1n, 32);
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

/** Eight times a point; undefined for bytes that are none. */
function timesCofactor(point: Uint8Array): Uint8Array | undefined {
  let multiple: Uint8Array | undefined = point;
  for (let i = 0; i < DOUBLINGS_OF_COFACTOR && multiple !== undefined; i++)
    multiple = curve.add(multiple, multiple);
  return multiple;
}

/** RFC 9381 §5.4.1.1, try-and-increment; a try succeeds with probability one half. */
function encodeToCurve(publicKey: Uint8Array, alpha: Uint8Array): Uint8Array {
  for (let counter = 0; counter < 256; counter++) {
    const hash = sha512(
      concatBytes(
        Uint8Array.of(SUITE, ENCODE_TO_CURVE_FRONT),
        publicKey,
        alpha,
        Uint8Array.of(counter, BACK),
      ),
    );
    const point = timesCofactor(hash.subarray(0, 32));
    if (point !== undefined && !equalBytes(point, IDENTITY)) return point;
  }
  throw new Error('no point in 256 tries, an event of probability 2^-256');
}

/** RFC 9381 §5.4.3. */
function challenge(...points: readonly Uint8Array[]): Uint8Array {
  const hash = sha512(concatBytes(Uint8Array.of(SUITE, CHALLENGE_FRONT), ...points, Uint8Array.of(BACK)));
  return hash.subarray(0, CHALLENGE_BYTES);
}

/** RFC 9381 §5.2, the output of an already decoded proof. */
function outputOf(gamma: Uint8Array): Uint8Array | undefined {
  const multiple = timesCofactor(gamma);
  if (multiple === undefined) return undefined;
  return sha512(concatBytes(Uint8Array.of(SUITE, PROOF_TO_HASH_FRONT), multiple, Uint8Array.of(BACK)));
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
      const gamma = times(scalar, input);
      const nonce = bytesToNumberLE(sha512(concatBytes(prefix, input))) % ORDER;
      const c = challenge(pointBytes, input, gamma, timesBase(nonce), times(nonce, input));
      const s = (nonce + bytesToNumberLE(c) * scalar) % ORDER;
      return toHex(concatBytes(gamma, c, scalarBytes(s)));
    },
  };
}

const scalarBytes = (scalar: bigint) => numberToBytesLE(scalar, SCALAR_BYTES);

/** Of the group of prime order, times a scalar of a prover. */
function times(scalar: bigint, point: Uint8Array): Uint8Array {
  return assertMade(curve.multiply(scalarBytes(scalar), point));
}

function timesBase(scalar: bigint): Uint8Array {
  return assertMade(curve.multiplyBase(scalarBytes(scalar)));
}

/** The scalars of a prover are zero with a probability of 2^-252. */
function assertMade(point: Uint8Array | undefined): Uint8Array {
  if (point === undefined) throw new Error('a scalar of zero');
  return point;
}

interface DecodedProof {
  readonly gamma: Uint8Array;
  readonly c: Uint8Array;
  readonly s: Uint8Array;
}

/** RFC 9381 §5.4.4; whether gamma is a point stays open. */
function decodeProof(proofHex: string): DecodedProof | undefined {
  if (!isHex(proofHex, VRF_PROOF_BYTES)) return undefined;
  const bytes = fromHex(proofHex);
  const gamma = bytes.slice(0, 32);
  const c = bytes.slice(32, 32 + CHALLENGE_BYTES);
  const s = bytes.slice(32 + CHALLENGE_BYTES);
  return bytesToNumberLE(s) >= ORDER ? undefined : { gamma, c, s };
}

/**
 * The 64-byte output that a valid proof proves, or undefined (RFC 9381 §5.3 with key validation). Stricter in one point:
 * gamma has to be in the group of prime order, as every prover makes it. Never throws for malformed keys or proofs.
 */
export function vrfVerify(publicKeyHex: string, alpha: Uint8Array, proofHex: string): Uint8Array | undefined {
  const proof = decodeProof(proofHex);
  if (proof === undefined || !isAcceptableKey(publicKeyHex)) return undefined;
  const { gamma, c, s } = proof;
  const publicKey = fromHex(publicKeyHex);
  const input = encodeToCurve(publicKey, alpha);
  const factor = concatBytes(c, new Uint8Array(SCALAR_BYTES - CHALLENGE_BYTES));
  const u = difference(curve.multiplyBase(s), curve.multiply(factor, publicKey));
  const v = difference(curve.multiply(s, input), curve.multiply(factor, gamma));
  if (u === undefined || v === undefined) return undefined;
  return equalBytes(challenge(publicKey, input, gamma, u, v), c) ? outputOf(gamma) : undefined;
}

function difference(a: Uint8Array | undefined, b: Uint8Array | undefined): Uint8Array | undefined {
  return a === undefined || b === undefined ? undefined : curve.subtract(a, b);
}

/** The output that a proof stands for, without checking it: only for proofs made or verified before. */
export function vrfProofToHash(proofHex: string): Uint8Array | undefined {
  const proof = decodeProof(proofHex);
  return proof === undefined ? undefined : outputOf(proof.gamma);
}
