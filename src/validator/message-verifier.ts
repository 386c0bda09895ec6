import { signedParts } from '../consensus/signed-parts.ts';
import type { CachedVerifier } from '../crypto/cached-verifier.ts';
import type { ConsensusMessage } from '../types/consensus-message.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import type { ValidatorSet } from '../types/validator.ts';

/** `invalid` is provably bad (the sender is penalised), `stranger` only says that this node cannot check it. */
export type VerificationResult = 'valid' | 'invalid' | 'stranger';

/** Checks every signature inside a consensus message, nested ones included, under one validator set. */
export async function verifyMessage(
  message: ConsensusMessage,
  genesisHash: Hash,
  validators: ValidatorSet,
  verifier: CachedVerifier,
): Promise<VerificationResult> {
  const parts = signedParts(message, genesisHash, validators);
  if ('fault' in parts) return parts.fault === 'NOT_VALIDATOR' ? 'stranger' : 'invalid';
  return (await verifier.verifyAll(parts)) ? 'valid' : 'invalid';
}
