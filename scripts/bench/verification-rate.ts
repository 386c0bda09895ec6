import { ed25519VerifyAsync, importPublicKey } from '../../src/crypto/backend-node.ts';
import { generateKeyPair } from '../../src/crypto/ed25519.ts';
import { fromHex } from '../../src/util/bytes.ts';

/** About what is signed of a transaction with one operation. */
const MESSAGE_BYTES = 200;
/** More than any thread pool has threads, so that none of them waits. */
const IN_FLIGHT = 64;

/**
 * Ed25519 verifications a second of all cores together, with nothing else of ours running: those of `node:crypto`, which
 * every machine has, on as many threads as it gives them.
 */
export async function measureVerificationRate(durationMs: number): Promise<number> {
  const keys = generateKeyPair();
  const message = new Uint8Array(MESSAGE_BYTES).fill(7);
  const signature = fromHex(keys.sign(message));
  const handle = importPublicKey(fromHex(keys.publicKey));
  const beginMs = performance.now();
  let verified = 0;
  const verifyOnAndOn = async () => {
    while (performance.now() - beginMs < durationMs) {
      if (!(await ed25519VerifyAsync(handle, message, signature, 'later')))
        throw new Error('a good signature does not verify');
      verified++;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, verifyOnAndOn));
  return (verified * 1000) / (performance.now() - beginMs);
}
