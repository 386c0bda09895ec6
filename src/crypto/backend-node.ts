/**
 * The backend inside a node: `node:crypto` for hashes and signing, libsodium for points and checks of signatures where it
 * has native code for the machine. OpenSSL, libsodium and the browser's backend give the same answer on every signature
 * that `ed25519.ts` lets through to them: a disagreement would fork the chain.
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
import { CheckThread } from './check-thread.ts';
import type { Curve } from './curve.ts';
import { nobleCurve } from './curve-noble.ts';
import { curveOf } from './curve-sodium.ts';
import { findSodium, loadSodium, spanOf } from './sodium.ts';
import type { Urgency } from './urgency.ts';

const sodium = loadSodium();

/** Both give the same answers; one is ten times faster, and not there for every machine. */
export const curve: Curve = sodium === undefined ? nobleCurve : curveOf(sodium);

/** Callers keep it, because importing a key into OpenSSL takes time. */
export interface PublicKeyHandle {
  readonly raw: Uint8Array;
  /** For OpenSSL, once it was asked. */
  imported: KeyObject | undefined;
}
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

export function importPublicKey(raw: Uint8Array): PublicKeyHandle {
  return { raw, imported: undefined };
}

/** JWK is ten times faster than DER. */
function openSslKey(handle: PublicKeyHandle): KeyObject {
  handle.imported ??= createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: base64url(handle.raw) },
    format: 'jwk',
  });
  return handle.imported;
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

type Verify = (key: PublicKeyHandle, message: Uint8Array, signature: Uint8Array) => boolean;

export const verifyByOpenSsl: Verify = (key, message, signature) =>
  verify(null, message, openSslKey(key), signature);

/** Takes half the time of OpenSSL. */
export const verifyBySodium: Verify | undefined =
  sodium &&
  (({ raw }, message, signature) =>
    raw.length === 32 &&
    signature.length === 64 &&
    sodium.crypto_sign_verify_detached(...spanOf(signature), ...spanOf(message), ...spanOf(raw)));

export const ed25519Verify: Verify = verifyBySodium ?? verifyByOpenSsl;

/** Checks that one turn of the event loop makes itself: together they take one to two milliseconds. */
const CHECKS_PER_TURN = 32;
/** So many checks may wait for turns of the event loop: more are too many for one core to make soon. */
const MAX_WAITING_CHECKS = 256;
/** The same once there is a thread for more: the event loop of a node that is flooded has other work. */
const MAX_WAITING_BESIDE_THREAD = 32;
/** So many checks at once on Node's thread pool show that a thread of our own pays. */
const MANY_ON_THREAD_POOL = 16;
/** What one thread does in a tenth of a second: more are for the other cores. */
const MAX_ON_CHECK_THREAD = 1024;

let checksLeft = CHECKS_PER_TURN;
let hasNextTurn = false;
const waitingForTurn: (() => void)[] = [];
let onThreadPool = 0;
let checkThread: CheckThread | undefined;

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
 * because another thread takes longer, and to hand one over and back costs a quarter of a check besides. What comes in
 * greater numbers goes to a thread of its own, and so does what is not needed at once: a node that catches up executes
 * one block while the signatures of the next one are checked.
 */
export async function ed25519VerifyAsync(
  key: PublicKeyHandle,
  message: Uint8Array,
  signature: Uint8Array,
  urgency: Urgency,
): Promise<boolean> {
  if (urgency === 'later') return await verifyElsewhere(key, message, signature);
  renewChecks();
  const room = checkThread === undefined ? MAX_WAITING_CHECKS : MAX_WAITING_BESIDE_THREAD;
  if (checksLeft > 0) checksLeft -= 1;
  else if (waitingForTurn.length < room)
    await new Promise<void>((resolve) => {
      waitingForTurn.push(resolve);
    });
  else return await verifyElsewhere(key, message, signature);
  return ed25519Verify(key, message, signature);
}

/** On a thread that starts when there are many for the first time, and checks twice as fast; until then on Node's. */
async function verifyElsewhere(
  key: PublicKeyHandle,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (checkThread === undefined && onThreadPool >= MANY_ON_THREAD_POOL) {
    const addon = sodium && findSodium();
    if (addon !== undefined) checkThread = new CheckThread(addon);
  }
  if (checkThread !== undefined && checkThread.waiting < MAX_ON_CHECK_THREAD) {
    const answer = await checkThread.verify(key.raw, message, signature);
    if (answer !== undefined) return answer;
  }
  return await verifyOnThreadPool(key, message, signature);
}

function verifyOnThreadPool(
  key: PublicKeyHandle,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const imported = openSslKey(key);
    onThreadPool++;
    verify(null, message, imported, signature, (error, valid) => {
      onThreadPool--;
      if (error) reject(error);
      else resolve(valid);
    });
  });
}
