/**
 * The backend inside a node: `node:crypto` for hashes and Ed25519. It is the only verifier of consensus code, because
 * verifiers disagree on edge-case signatures, and a disagreement would fork the chain.
 */
import {
  createPrivateKey,
  createPublicKey,
  hash,
  type KeyObject,
  randomFillSync,
  sign,
  verify,
} from 'node:crypto';
import type { Curve } from './curve.ts';
import { nobleCurve } from './curve-noble.ts';
import { loadSodiumCurve } from './curve-sodium.ts';

/** Both give the same answers; one is ten times faster, and not there for every machine. */
export const curve: Curve = loadSodiumCurve() ?? nobleCurve;

/** An imported key; importing costs more than a use, so callers keep it. */
export type PublicKeyHandle = KeyObject;
export type PrivateKeyHandle = KeyObject;

/** Asked for as text, because a Buffer for the answer would cost more than the hash of a short input. */
export function sha256(bytes: Uint8Array): Uint8Array {
  const text = hash('sha256', bytes, 'binary');
  const digest = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) digest[i] = text.charCodeAt(i);
  return digest;
}

/** The same as lowercase hex. */
export function sha256Hex(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

export function randomBytes(length: number): Uint8Array {
  return randomFillSync(new Uint8Array(length));
}

const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

/** Imports a raw 32-byte public key. JWK is ten times faster than DER. */
export function importPublicKey(raw: Uint8Array): PublicKeyHandle {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: base64url(raw) }, format: 'jwk' });
}

export function importPrivateKey(seed: Uint8Array, publicKey: Uint8Array): PrivateKeyHandle {
  const key = { kty: 'OKP', crv: 'Ed25519', d: base64url(seed), x: base64url(publicKey) };
  return createPrivateKey({ key, format: 'jwk' });
}

/** PKCS #8 of an Ed25519 private key up to its 32 seed bytes (RFC 8410 §7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The 32-byte public key of a 32-byte seed. */
export function derivePublicKey(seed: Uint8Array): Uint8Array {
  const der = Buffer.concat([PKCS8_PREFIX, seed]);
  const jwk = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).export({
    format: 'jwk',
  });
  return new Uint8Array(Buffer.from(jwk.x as string, 'base64url'));
}

export function ed25519Sign(key: PrivateKeyHandle, message: Uint8Array): Uint8Array {
  return sign(null, message, key);
}

export function ed25519Verify(key: PublicKeyHandle, message: Uint8Array, signature: Uint8Array): boolean {
  return verify(null, message, key, signature);
}

/** Checks that one turn of the event loop makes itself: together they take about two milliseconds. */
const CHECKS_PER_TURN = 16;
/** So many checks may wait for turns of the event loop: more are too many for one core to make soon. */
const MAX_WAITING_CHECKS = 256;

let checksLeft = CHECKS_PER_TURN;
let hasNextTurn = false;
const waitingForTurn: (() => void)[] = [];

/** The next turn has checks of its own, and those who wait get them first. */
function renewChecks(): void {
  if (hasNextTurn) return;
  hasNextTurn = true;
  setImmediate(() => {
    hasNextTurn = false;
    const due = waitingForTurn.splice(0, CHECKS_PER_TURN);
    checksLeft = CHECKS_PER_TURN - due.length;
    if (due.length > 0) renewChecks();
    for (const begin of due) begin();
  });
}

/**
 * The same without holding up the event loop. A few checks are made at once and some more in the turns that follow,
 * because handing one over to another thread and back costs about half as much as the check. What comes in greater
 * numbers goes to Node's thread pool, and so to every core.
 */
export async function ed25519VerifyAsync(
  key: PublicKeyHandle,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  renewChecks();
  if (checksLeft > 0) checksLeft -= 1;
  else if (waitingForTurn.length < MAX_WAITING_CHECKS)
    await new Promise<void>((resolve) => {
      waitingForTurn.push(resolve);
    });
  else
    return new Promise((resolve, reject) => {
      verify(null, message, key, signature, (error, valid) => (error ? reject(error) : resolve(valid)));
    });
  return ed25519Verify(key, message, signature);
}
