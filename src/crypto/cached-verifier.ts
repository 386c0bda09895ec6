import { LruCache } from '../util/lru-cache.ts';
import { verifySignatureAsync } from './ed25519.ts';
import { sha256Hex } from './hash.ts';

/**
 * Verifies on the thread pool and remembers what verified by (key, signature, digest): a vote that is seen again,
 * alone, in a certificate or in a justification, costs one hash. Failures are not kept, so nobody can fill the
 * memory with them.
 */
export class CachedVerifier {
  readonly #verified: LruCache<string, true>;

  constructor(capacity: number) {
    this.#verified = new LruCache(capacity);
  }

  async verify(publicKey: string, message: Uint8Array, signature: string): Promise<boolean> {
    const key = `${publicKey}${signature}${sha256Hex(message)}`;
    if (this.#verified.get(key) !== undefined) return true;
    const valid = await verifySignatureAsync(publicKey, message, signature);
    if (valid) this.#verified.set(key, true);
    return valid;
  }

  /** Whether all of them verify; each is asked for, so that the answer does not depend on their order. */
  async verifyAll(
    checks: readonly { readonly publicKey: string; readonly bytes: Uint8Array; readonly signature: string }[],
  ): Promise<boolean> {
    const results = await Promise.all(
      checks.map(({ publicKey, bytes, signature }) => this.verify(publicKey, bytes, signature)),
    );
    return results.every(Boolean);
  }
}
