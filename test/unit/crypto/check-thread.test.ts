import assert from 'node:assert/strict';
import { derivePublicKey, ed25519Sign, importPrivateKey } from '../../../src/crypto/backend-node.ts';
import { CheckThread } from '../../../src/crypto/check-thread.ts';
import { findSodium } from '../../../src/crypto/sodium.ts';

const seed = new Uint8Array(32).fill(11);
const key = derivePublicKey(seed);
const privateKey = importPrivateKey(seed, key);
const COUNT = 300;

describe('thread that checks signatures', () => {
  const addon = findSodium();
  if (addon !== undefined || process.env.CI === 'true') {
    it('answers each check by itself, over several turns and with messages of any length', async () => {
      const thread = new CheckThread(addon as string);
      const rounds: (boolean | undefined)[] = [];
      for (let round = 0; round < 3; round++) {
        const answers = Array.from({ length: COUNT }, (_, i) => {
          const message = new Uint8Array(i).fill(round);
          const signature = Uint8Array.from(ed25519Sign(privateKey, message));
          if (i % 3 === 1) signature[i % 64] = (signature[i % 64] as number) ^ 1;
          if (i % 3 === 2) return thread.verify(key, new Uint8Array(i + 1).fill(round), signature);
          return thread.verify(key, message, signature);
        });
        assert.equal(thread.waiting, COUNT);
        rounds.push(...(await Promise.all(answers)));
        assert.equal(thread.waiting, 0);
      }
      assert.deepEqual(
        rounds,
        Array.from({ length: 3 * COUNT }, (_, i) => i % 3 === 0),
      );
    });

    it('refuses keys and signatures of another length', async () => {
      const thread = new CheckThread(addon as string);
      const message = new Uint8Array(5);
      const signature = ed25519Sign(privateKey, message);
      assert.equal(await thread.verify(key.subarray(1), message, signature), false);
      assert.equal(await thread.verify(key, message, signature.subarray(1)), false);
      assert.equal(await thread.verify(key, message, signature), true);
    });
  } else process.stderr.write('a thread checks signatures: left out, libsodium has no native code here\n');

  it('has no answer once it has ended, and says so to those who wait and to those who come', async () => {
    const thread = new CheckThread('/no/such/addon.node');
    const message = new Uint8Array(5);
    const signature = ed25519Sign(privateKey, message);
    const waiting = Array.from({ length: 3 }, () => thread.verify(key, message, signature));
    assert.deepEqual(await Promise.all(waiting), [undefined, undefined, undefined]);
    assert.equal(await thread.verify(key, message, signature), undefined);
  });
});
