import assert from 'node:assert/strict';
import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js';
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js';
import fc from 'fast-check';
import {
  generateKeyPair,
  isAcceptableKey,
  keyPairFromSeed,
  verifySignature,
  verifySignatureAsync,
} from '../../../src/crypto/ed25519.ts';
import { fromHex, toHex, utf8 } from '../../../src/util/bytes.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { RFC_8032_VECTORS } from '../../support/ed25519-vectors.ts';

const { Point } = ed25519;
const L = Point.Fn.ORDER;

/** Both forms of the check, which must never differ. */
async function verifyBoth(publicKey: string, message: Uint8Array, signature: string): Promise<boolean> {
  const valid = verifySignature(publicKey, message, signature);
  assert.equal(await verifySignatureAsync(publicKey, message, signature), valid);
  return valid;
}

/** Encodings of the same point with y + p instead of y, or with a sign that x = 0 cannot have. */
const NON_CANONICAL = [
  `01${'00'.repeat(30)}80`,
  `ec${'ff'.repeat(31)}`,
  `ed${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(31)}`,
  `ee${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(31)}`,
  'ff'.repeat(32),
];

describe('Ed25519', () => {
  for (const [i, { seed, publicKey, message, signature }] of RFC_8032_VECTORS.entries())
    it(`signs and verifies test ${i + 1} of RFC 8032`, async () => {
      const keys = keyPairFromSeed(fromHex(seed));
      assert.equal(keys.publicKey, publicKey);
      assert.equal(keys.sign(fromHex(message)), signature);
      assert.equal(isAcceptableKey(publicKey), true);
      assert.equal(await verifyBoth(publicKey, fromHex(message), signature), true);
    });

  it('refuses a seed of another length', () => {
    assert.throws(() => keyPairFromSeed(new Uint8Array(31)), RangeError);
    assert.throws(() => keyPairFromSeed(new Uint8Array(64)), RangeError);
  });

  it('keeps its own copy of the seed', () => {
    const seed = new Uint8Array(32).fill(1);
    const keys = keyPairFromSeed(seed);
    const before = keys.sign(utf8('x'));
    seed.fill(2);
    assert.equal(keys.sign(utf8('x')), before);
    assert.deepEqual(keys.seed, new Uint8Array(32).fill(1));
  });

  it('refuses every key of small order and every non-canonical encoding', async () => {
    const { signature } = RFC_8032_VECTORS[0];
    for (const key of [...ED25519_TORSION_SUBGROUP, ...NON_CANONICAL]) {
      assert.equal(isAcceptableKey(key), false, key);
      assert.equal(await verifyBoth(key, new Uint8Array(), signature), false, key);
    }
  });

  it('refuses the forgery that a key of small order makes possible for any message', async () => {
    // With A = R = identity and S = 0 the equation holds whatever was "signed".
    const identity = `01${'00'.repeat(31)}`;
    const forgery = identity + '00'.repeat(32);
    assert.equal(ed25519.verify(fromHex(forgery), utf8('anything'), fromHex(identity)), true);
    assert.equal(await verifyBoth(identity, utf8('anything'), forgery), false);
  });

  it('refuses a key of small order even under a sound R, for which the equation holds', async () => {
    // With A = identity, R = rB and S = r verify every message.
    const identity = `01${'00'.repeat(31)}`;
    const signature = toHex(Point.BASE.multiply(77n).toBytes()) + toHex(numberToBytesLE(77n, 32));
    assert.equal(ed25519.verify(fromHex(signature), utf8('anything'), fromHex(identity)), true);
    assert.equal(await verifyBoth(identity, utf8('anything'), signature), false);
  });

  it('refuses signatures whose R is of small order or not canonical', async () => {
    const { publicKey, signature } = RFC_8032_VECTORS[0];
    for (const r of [...ED25519_TORSION_SUBGROUP, ...NON_CANONICAL])
      assert.equal(await verifyBoth(publicKey, new Uint8Array(), r + signature.slice(64)), false, r);
  });

  it('refuses R of small order even where the equation holds', async () => {
    // R = identity, S = k·a: whoever holds the key can make it, and verifiers disagree about it.
    const seed = new Uint8Array(32).fill(5);
    const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(Uint8Array.from(seed));
    const r = fromHex(ED25519_TORSION_SUBGROUP[0] as string);
    const { sha512 } = await import('@noble/hashes/sha2.js');
    const message = utf8('small R');
    const k = Point.Fn.create(bytesToNumberLE(sha512(Buffer.concat([r, pointBytes, message]))));
    const signature = toHex(r) + toHex(numberToBytesLE((k * scalar) % L, 32));
    assert.equal(await verifyBoth(toHex(pointBytes), message, signature), false);
  });

  it('I06 refuses S + L, a second form of the same signature', async () => {
    const { publicKey, signature } = RFC_8032_VECTORS[1];
    const s = bytesToNumberLE(fromHex(signature.slice(64))) + L;
    const malleated = signature.slice(0, 64) + toHex(numberToBytesLE(s, 32));
    assert.equal(await verifyBoth(publicKey, fromHex('72'), malleated), false);
    const exactlyL = signature.slice(0, 64) + toHex(numberToBytesLE(L, 32));
    assert.equal(await verifyBoth(publicKey, fromHex('72'), exactlyL), false);
  });

  it('does not accept a key of mixed order for registration', () => {
    const torsion = Point.fromHex(ED25519_TORSION_SUBGROUP[1] as string);
    const mixed = Point.BASE.multiply(7n).add(torsion).toHex();
    assert.equal(isAcceptableKey(Point.BASE.multiply(7n).toHex()), true);
    assert.equal(isAcceptableKey(mixed), false);
    assert.equal(isAcceptableKey(mixed), false, 'the kept answer is the same');
  });

  it('does not accept bytes that are no point', () => {
    assert.equal(isAcceptableKey(`02${'00'.repeat(31)}`), false);
  });

  it('answers false for malformed hex and lengths, and never throws', async () => {
    const { publicKey, signature } = RFC_8032_VECTORS[0];
    const malformed = [
      '',
      'zz',
      publicKey.toUpperCase(),
      publicKey.slice(1),
      `0x${publicKey}`,
      `${publicKey}00`,
    ];
    for (const key of malformed) {
      assert.equal(isAcceptableKey(key), false, key);
      assert.equal(await verifyBoth(key, new Uint8Array(), signature), false, key);
    }
    for (const text of ['', 'zz', signature.toUpperCase(), signature.slice(2), `${signature}00`])
      assert.equal(await verifyBoth(publicKey, new Uint8Array(), text), false, text);
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (key, text) => {
        assert.equal(await verifyBoth(key, new Uint8Array(), text), false);
      }),
    );
  });

  it('still answers right for a key that fell out of the cache', () => {
    const keys = generateKeyPair();
    const signature = keys.sign(utf8('x'));
    assert.equal(verifySignature(keys.publicKey, utf8('x'), signature), true);
    const dummy = RFC_8032_VECTORS[0].signature;
    for (let i = 0; i <= LIMITS.maxCachedPublicKeys; i++)
      verifySignature(i.toString(16).padStart(64, '7'), utf8('x'), dummy);
    assert.equal(verifySignature(keys.publicKey, utf8('x'), signature), true);
    assert.equal(verifySignature(keys.publicKey, utf8('y'), signature), false);
  });
});
