import { verifySignatureAsync } from '../crypto/ed25519.ts';
import { sha256 } from '../crypto/hash.ts';
import { signedParts } from '../consensus/signed-parts.ts';
import type { ConsensusMessage } from '../types/consensus-message.ts';
import type { Hash } from '../types/ssz.ts';
import type { ValidatorSet } from '../types/validator.ts';
import { toHex } from '../util/bytes.ts';
import { LIMITS } from '../util/limits.ts';

/** `invalid` is provably bad (the sender is penalised), `stranger` only says that this node cannot check it. */
export type VerificationResult = 'valid' | 'invalid' | 'stranger';

/**
 * Checks every signature inside a consensus message, on the thread pool. What verified once is remembered by
 * (key, signature, digest): a vote seen again, alone or inside a certificate or justification, costs one hash.
 */
export class MessageVerifier {
  readonly #genesisHash: Hash;
  readonly #verified = new Set<string>();

  constructor(genesisHash: Hash) {
    this.#genesisHash = genesisHash;
  }

  async verify(message: ConsensusMessage, validators: ValidatorSet): Promise<VerificationResult> {
    const parts = signedParts(message, this.#genesisHash, validators);
    if ('fault' in parts) return parts.fault === 'NOT_VALIDATOR' ? 'stranger' : 'invalid';
    const results = await Promise.all(
      parts.map((part) => this.#verifyPart(part.publicKey, part.bytes, part.signature)),
    );
    return results.every(Boolean) ? 'valid' : 'invalid';
  }

  async #verifyPart(publicKey: string, bytes: Uint8Array, signature: string): Promise<boolean> {
    const key = `${publicKey}${signature}${toHex(sha256(bytes))}`;
    if (this.#verified.has(key)) return true;
    const valid = await verifySignatureAsync(publicKey, bytes, signature);
    if (valid) this.#remember(key);
    return valid;
  }

  #remember(key: string): void {
    this.#verified.add(key);
    if (this.#verified.size <= LIMITS.maxVerifiedSignatures) return;
    for (const oldest of this.#verified) {
      this.#verified.delete(oldest);
      break;
    }
  }
}
