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

/** An imported key; importing costs more than a use, so callers keep it. */
export type PublicKeyHandle = KeyObject;
export type PrivateKeyHandle = KeyObject;

export function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer');
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

/** Checks that one turn of the event loop makes itself: together they take about a millisecond. */
const CHECKS_PER_TURN = 6;
let checksLeft = CHECKS_PER_TURN;

/** Whether this turn of the event loop may make one more check itself. */
function takeTurn(): boolean {
  if (checksLeft === 0) return false;
  if (checksLeft === CHECKS_PER_TURN)
    setImmediate(() => {
      checksLeft = CHECKS_PER_TURN;
    });
  checksLeft -= 1;
  return true;
}

/**
 * The same without holding up the event loop: what comes in numbers goes to Node's thread pool, and so to every core.
 * A few checks are made at once, because handing one over and back costs about half as much as the check.
 */
export function ed25519VerifyAsync(
  key: PublicKeyHandle,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (takeTurn()) return Promise.resolve(ed25519Verify(key, message, signature));
  return new Promise((resolve, reject) => {
    verify(null, message, key, signature, (error, valid) => (error ? reject(error) : resolve(valid)));
  });
}
