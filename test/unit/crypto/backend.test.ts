import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js';
import { numberToBytesLE } from '@noble/curves/utils.js';
import { sha512 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import * as browser from '../../../src/crypto/backend-browser.ts';
import * as node from '../../../src/crypto/backend-node.ts';
import { nobleCurve } from '../../../src/crypto/curve-noble.ts';
import { curveOf } from '../../../src/crypto/curve-sodium.ts';
import { loadSodium } from '../../../src/crypto/sodium.ts';
import { concatBytes, fromHex, toHex, utf8 } from '../../../src/util/bytes.ts';
import { RFC_8032_VECTORS } from '../../support/ed25519-vectors.ts';

/** What both backends must do alike. Each names its own types of key handles, which stay inside a backend. */
interface Backend {
  sha256(bytes: Uint8Array): Uint8Array;
  randomBytes(length: number): Uint8Array;
  publicKeyOf(seed: Uint8Array): Uint8Array;
  sign(seed: Uint8Array, message: Uint8Array): Uint8Array;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  verifyAsync(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

const BACKENDS: Readonly<Record<string, Backend>> = {
  node: {
    sha256: node.sha256,
    randomBytes: node.randomBytes,
    publicKeyOf: node.derivePublicKey,
    sign: (seed, message) =>
      node.ed25519Sign(node.importPrivateKey(seed, node.derivePublicKey(seed)), message),
    verify: (key, message, signature) => node.ed25519Verify(node.importPublicKey(key), message, signature),
    verifyAsync: (key, message, signature) =>
      node.ed25519VerifyAsync(node.importPublicKey(key), message, signature, 'now'),
  },
  browser: {
    sha256: browser.sha256,
    randomBytes: browser.randomBytes,
    publicKeyOf: browser.derivePublicKey,
    sign: (seed, message) =>
      browser.ed25519Sign(browser.importPrivateKey(seed, browser.derivePublicKey(seed)), message),
    verify: (key, message, signature) =>
      browser.ed25519Verify(browser.importPublicKey(key), message, signature),
    verifyAsync: (key, message, signature) =>
      browser.ed25519VerifyAsync(browser.importPublicKey(key), message, signature, 'now'),
  },
};

const { Point } = ed25519;

/** A signature whose R has a component of order 8: valid with the cofactor, invalid without. */
function mixedOrderSignature(seed: Uint8Array, message: Uint8Array): Uint8Array {
  const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(seed);
  const torsion = Point.fromHex(ED25519_TORSION_SUBGROUP[1] as string);
  const nonce = 12345n;
  const r = Point.BASE.multiply(nonce).add(torsion).toBytes();
  const k = Point.Fn.create(BigInt(`0x${toHex(sha512(concatBytes(r, pointBytes, message)).reverse())}`));
  return concatBytes(r, numberToBytesLE((nonce + k * scalar) % Point.Fn.ORDER, 32));
}

for (const [name, backend] of Object.entries(BACKENDS))
  describe(`the ${name} backend`, () => {
    it('hashes the vectors of FIPS 180-2', () => {
      assert.equal(
        toHex(backend.sha256(utf8('abc'))),
        'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      );
      assert.equal(toHex(backend.sha256(utf8(''))), createHash('sha256').digest('hex'));
    });

    it('draws random bytes of the length asked for, never the same', () => {
      assert.equal(backend.randomBytes(32).length, 32);
      assert.notDeepEqual(backend.randomBytes(32), backend.randomBytes(32));
    });

    for (const [i, vector] of RFC_8032_VECTORS.entries())
      it(`derives, signs and verifies test ${i + 1} of RFC 8032`, async () => {
        const [seed, message] = [fromHex(vector.seed), fromHex(vector.message)];
        const [publicKey, signature] = [fromHex(vector.publicKey), fromHex(vector.signature)];
        assert.equal(toHex(backend.publicKeyOf(seed)), vector.publicKey);
        assert.equal(toHex(backend.sign(seed, message)), vector.signature);
        assert.equal(backend.verify(publicKey, message, signature), true);
        assert.equal(await backend.verifyAsync(publicKey, message, signature), true);
        assert.equal(backend.verify(publicKey, concatBytes(message, Uint8Array.of(0)), signature), false);
      });

    it('refuses a signature that only a check with cofactor would accept', () => {
      const seed = new Uint8Array(32).fill(3);
      const message = utf8('cofactor');
      const signature = mixedOrderSignature(seed, message);
      const publicKey = backend.publicKeyOf(seed);
      assert.equal(
        ed25519.verify(signature, message, publicKey),
        true,
        'the signature is not the edge case it should be',
      );
      assert.equal(backend.verify(publicKey, message, signature), false);
    });

    it('refuses every signature under bytes that are no point, and signatures of a wrong length', async () => {
      const vector = RFC_8032_VECTORS[0];
      const noPoint = fromHex(`02${'00'.repeat(31)}`);
      assert.equal(backend.verify(noPoint, new Uint8Array(), fromHex(vector.signature)), false);
      assert.equal(await backend.verifyAsync(noPoint, new Uint8Array(), fromHex(vector.signature)), false);
      const short = fromHex(vector.signature).subarray(0, 63);
      assert.equal(backend.verify(fromHex(vector.publicKey), new Uint8Array(), short), false);
    });
  });

describe('arithmetic on points', () => {
  const sodium = loadSodium();
  const native = sodium && curveOf(sodium);
  const seed32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const hex = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : toHex(bytes));
  const scalarOf = (bytes: Uint8Array) => numberToBytesLE(BigInt(`0x${toHex(bytes)}`) % Point.Fn.ORDER, 32);
  /** Below and above the prime of the field, 0, ±1, with either sign of x, and the points of small order. */
  const edges = [
    ...['ea', 'eb', 'ec', 'ed', 'ee', 'ff'].flatMap((first) => [
      `${first}${'ff'.repeat(30)}7f`,
      `${first}${'ff'.repeat(31)}`,
    ]),
    ...['00', '01', '02'].flatMap((first) => [`${first}${'00'.repeat(31)}`, `${first}${'00'.repeat(30)}80`]),
    ...ED25519_TORSION_SUBGROUP,
    Point.BASE.add(Point.fromHex(ED25519_TORSION_SUBGROUP[1] as string)).toHex(),
    Point.BASE.toHex(),
  ].map(fromHex);

  const agreesOnAny = () => {
    assert.ok(native !== undefined, 'there is no native code of libsodium');
    const point = fc.oneof(
      seed32,
      fc.constantFrom(...edges),
      seed32.map((bytes) => nobleCurve.multiplyBase(scalarOf(bytes)) ?? bytes),
    );
    fc.assert(
      fc.property(
        point,
        point,
        fc.oneof(seed32.map(scalarOf), fc.constant(new Uint8Array(32))),
        (a, b, n) => {
          assert.equal(hex(native.multiplyBase(n)), hex(nobleCurve.multiplyBase(n)));
          assert.equal(hex(native.multiply(n, a)), hex(nobleCurve.multiply(n, a)));
          assert.equal(hex(native.add(a, b)), hex(nobleCurve.add(a, b)));
          assert.equal(hex(native.subtract(a, b)), hex(nobleCurve.subtract(a, b)));
        },
      ),
      { numRuns: 150 },
    );
  };

  const agreesOnEdges = () => {
    assert.ok(native !== undefined, 'there is no native code of libsodium');
    const two = numberToBytesLE(2n, 32);
    for (const a of edges) {
      assert.equal(hex(native.multiply(two, a)), hex(nobleCurve.multiply(two, a)), toHex(a));
      for (const b of edges)
        assert.equal(hex(native.add(a, b)), hex(nobleCurve.add(a, b)), `${toHex(a)} + ${toHex(b)}`);
    }
  };

  const title = 'gives the same answers with and without native code,';
  if (native !== undefined || process.env.CI === 'true') {
    it(`${title} whatever is asked`, agreesOnAny);
    it(`${title} for every pair of edge cases`, agreesOnEdges);
  } else process.stderr.write(`${title}: left out, libsodium has no native code for this machine\n`);

  it('refuses points and scalars of another length', () => {
    const base = Point.BASE.toBytes();
    for (const curve of [node.curve, browser.curve])
      for (const wrong of [base.subarray(1), concatBytes(base, Uint8Array.of(0)), new Uint8Array()]) {
        assert.equal(curve.multiply(numberToBytesLE(2n, 32), wrong), undefined);
        assert.equal(curve.add(base, wrong), undefined);
        assert.equal(curve.subtract(wrong, base), undefined);
      }
  });

  it('adds up: 2B + 3B is 5B, and 5B − 3B is 2B', () => {
    for (const curve of [node.curve, browser.curve]) {
      const [two, three, five] = [2n, 3n, 5n].map(
        (n) => curve.multiplyBase(numberToBytesLE(n, 32)) as Uint8Array,
      ) as [Uint8Array, Uint8Array, Uint8Array];
      assert.equal(hex(curve.add(two, three)), toHex(five));
      assert.equal(hex(curve.subtract(five, three)), toHex(two));
      assert.equal(hex(curve.multiply(numberToBytesLE(2n, 32), Point.BASE.toBytes())), toHex(two));
    }
  });
});

describe('checks of signatures', () => {
  const torsion = ED25519_TORSION_SUBGROUP.map((encoding) => Point.fromHex(encoding));
  const scalar = fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => BigInt(`0x${toHex(bytes)}`) % Point.Fn.ORDER)
    .filter((n) => n !== 0n);

  /** All that the node can ask, with OpenSSL first; the browser's is the one that does without cofactor by itself. */
  const verifiers: Readonly<Record<string, Backend['verify'] | undefined>> = {
    openssl: (key, message, signature) => node.verifyByOpenSsl(node.importPublicKey(key), message, signature),
    libsodium:
      node.verifyBySodium &&
      ((key, message, signature) =>
        node.verifyBySodium?.(node.importPublicKey(key), message, signature) === true),
    browser: (key, message, signature) =>
      browser.ed25519Verify(browser.importPublicKey(key), message, signature),
  };

  /**
   * A signature that fits but for the points of small order that are added to the key and to R: with some messages they
   * cancel each other out, with others they do not.
   */
  const agree = () => {
    const answers = new Set<boolean>();
    fc.assert(
      fc.property(
        scalar,
        scalar,
        fc.constantFrom(...torsion),
        fc.constantFrom(...torsion),
        fc.uint8Array({ maxLength: 300 }),
        fc.option(fc.nat({ max: 511 }), { freq: 4 }),
        (a, r, besideKey, besideR, message, flipped) => {
          const key = Point.BASE.multiply(a).add(besideKey).toBytes();
          const commitment = Point.BASE.multiply(r).add(besideR).toBytes();
          const digest = sha512(concatBytes(commitment, key, message)).reverse();
          const k = Point.Fn.create(BigInt(`0x${toHex(digest)}`));
          const signature = concatBytes(commitment, numberToBytesLE(Point.Fn.create(r + k * a), 32));
          if (flipped !== null && flipped < 508)
            signature[flipped >> 3] = (signature[flipped >> 3] as number) ^ (1 << (flipped & 7));
          const said = Object.entries(verifiers).map(([name, verify]) => {
            assert.ok(verify !== undefined, `there is no native code of ${name}`);
            return verify(key, message, signature);
          });
          assert.deepEqual(said, Array(said.length).fill(said[0]));
          answers.add(said[0] as boolean);
        },
      ),
      { numRuns: 400 },
    );
    assert.deepEqual(answers, new Set([true, false]), 'the cases have but one answer');
  };

  const title =
    'come out the same with and without native code, also for points outside the group of prime order';
  if (node.verifyBySodium !== undefined || process.env.CI === 'true') it(title, agree);
  else process.stderr.write(`${title}: left out, libsodium has no native code for this machine\n`);
});

describe('many checks at once in a node', () => {
  it('all get their own answer, and others have their turn in between', async () => {
    const { publicKeyOf, sign } = (BACKENDS as Record<'node', Backend>).node;
    const seed = new Uint8Array(32).fill(9);
    const [key, message] = [publicKeyOf(seed), utf8('one of many')];
    const good = sign(seed, message);
    const bad = Uint8Array.from(good, (byte, i) => (i === 40 ? byte ^ 1 : byte));
    let turns = 0;
    let isOver = false;
    const countTurn = () => {
      turns += 1;
      if (!isOver) setImmediate(countTurn);
    };
    setImmediate(countTurn);
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, i) =>
        node.ed25519VerifyAsync(
          node.importPublicKey(key),
          message,
          i % 3 === 0 ? bad : good,
          i % 5 === 0 ? 'later' : 'now',
        ),
      ),
    );
    isOver = true;
    assert.deepEqual(
      answers,
      Array.from({ length: 500 }, (_, i) => i % 3 !== 0),
    );
    assert.ok(turns >= 5, `only ${turns} turns of the event loop`);
  });
});

describe('the two backends', () => {
  it('agree on signatures and on every flipped bit', () => {
    const { node: a, browser: b } = BACKENDS as Record<'node' | 'browser', Backend>;
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ maxLength: 64 }),
        fc.nat(511),
        (seed, message, bit) => {
          const signature = a.sign(seed, message);
          assert.deepEqual(Uint8Array.from(signature), Uint8Array.from(b.sign(seed, message)));
          const key = a.publicKeyOf(seed);
          const flipped = Uint8Array.from(signature);
          flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
          for (const backend of [a, b]) {
            assert.equal(backend.verify(key, message, signature), true);
            assert.equal(backend.verify(key, message, flipped), false);
          }
        },
      ),
      { numRuns: 25 },
    );
  });
});
