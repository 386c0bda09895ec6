import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { promisify } from 'node:util';

/** About what is signed of a transaction with one operation. */
const MESSAGE_BYTES = 200;
/** More than any thread pool has threads, so that none of them waits. */
const IN_FLIGHT = 64;

const verifyOnThreadPool = promisify(
  (
    message: Uint8Array,
    key: KeyObject,
    signature: Uint8Array,
    done: (error: Error | null, valid: boolean) => void,
  ) => verify(null, message, key, signature, done),
);

/**
 * Ed25519 verifications a second of all cores together, with nothing else of ours running: those of `node:crypto`, which
 * every machine has, on as many threads as it gives them. Not those of a node, so that the measure stays the same
 * whatever a node does.
 */
export async function measureVerificationRate(durationMs: number): Promise<number> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const message = new Uint8Array(MESSAGE_BYTES).fill(7);
  const signature = sign(null, message, privateKey);
  const beginMs = performance.now();
  let verified = 0;
  const verifyOnAndOn = async () => {
    while (performance.now() - beginMs < durationMs) {
      if (!(await verifyOnThreadPool(message, publicKey, signature)))
        throw new Error('a good signature does not verify');
      verified++;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, verifyOnAndOn));
  return (verified * 1000) / (performance.now() - beginMs);
}
