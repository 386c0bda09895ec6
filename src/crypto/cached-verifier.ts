import { LruCache } from '../util/lru-cache.ts';
import { verifySignatureAsync } from './ed25519.ts';
import { sha256Hex } from './hash.ts';
import type { Urgency } from './urgency.ts';

/**
 * Verifies off the event loop and remembers what verified by (key, signature, digest): a vote that is seen again,
 * alone, in a certificate or in a justification, costs one hash. Failures are not kept, so nobody can fill the
 * memory with them.
 */
export class CachedVerifier {
  readonly #verified: LruCache<string, true>;
  readonly #check: typeof verifySignatureAsync;

  constructor(capacity: number, check = verifySignatureAsync) {
    this.#verified = new LruCache(capacity);
    this.#check = check;
  }

  async verify(
    publicKey: string,
    message: Uint8Array,
    signature: string,
    urgency: Urgency = 'now',
  ): Promise<boolean> {
    const key = `${publicKey}${signature}${sha256Hex(message)}`;
    if (this.#verified.get(key) !== undefined) return true;
    const valid = await this.#check(publicKey, message, signature, urgency);
    if (valid) this.#verified.set(key, true);
    return valid;
  }

  /** Whether all of them verify; each is asked for, so that the answer does not depend on their order. */
  async verifyAll(
    checks: readonly { readonly publicKey: string; readonly bytes: Uint8Array; readonly signature: string }[],
    urgency: Urgency = 'now',
  ): Promise<boolean> {
    const results = await Promise.all(
      checks.map(({ publicKey, bytes, signature }) => this.verify(publicKey, bytes, signature, urgency)),
    );
    return results.every(Boolean);
  }
}
