import { hashHeader } from '../types/block.ts';
import { certificateChecks, voteSigningBytes } from '../types/certificate.ts';
import {
  type ConsensusMessage,
  roundChangeSigningBytes,
  type SignedRoundChange,
  type SignedVote,
} from '../types/consensus-message.ts';
import type { Address } from '../types/ssz.ts';
import type { ValidatorSet } from '../types/validator.ts';
import { signersOf } from './commit-certificate.ts';
import type { DropReason } from './contract.ts';

/** One signature inside a message: whose it claims to be, and what it must cover. */
export interface SignedPart {
  readonly signer: Address;
  readonly publicKey: string;
  readonly bytes: Uint8Array;
  readonly signature: string;
}

/**
 * Every signature inside a message, those of nested round changes, prepares and seals included. The host verifies
 * all of them under V(height) before the core sees the message, and drops the message whole if one fails: the core
 * counts nested parts without looking at their signatures again. A fault means that there is no way to verify it.
 */
export function signedParts(
  message: ConsensusMessage,
  genesisHash: string,
  validators: ValidatorSet,
): SignedPart[] | { readonly fault: DropReason } {
  const parts: SignedPart[] = [];
  const add = (signer: Address, bytes: () => Uint8Array, signature: string): boolean => {
    const publicKey = validators.get(signer)?.consensusKey;
    if (publicKey === undefined) return false;
    parts.push({ signer, publicKey, bytes: bytes(), signature });
    return true;
  };
  const addVote = (tag: 'proposal' | 'prepare' | 'seal', { body, signer, signature }: SignedVote) =>
    add(signer, () => voteSigningBytes(tag, genesisHash, body), signature);
  const addRoundChange = ({ body, signer, signature }: SignedRoundChange) =>
    add(signer, () => roundChangeSigningBytes(genesisHash, body), signature);
  const addPrepares = (prepares: readonly SignedVote[]) =>
    prepares.every((prepare) => addVote('prepare', prepare));
  // The count is capped before any signature is looked at: a long list must not buy verification time.
  const isOversize = (list: readonly unknown[]) => list.length > validators.size;

  switch (message.kind) {
    case 'prepare':
      return addVote('prepare', message.prepare) ? parts : { fault: 'NOT_VALIDATOR' };
    case 'commit':
      return addVote('seal', message.commit) ? parts : { fault: 'NOT_VALIDATOR' };
    case 'proposal': {
      const { proposal, roundChanges, prepares } = message;
      if (isOversize(roundChanges) || isOversize(prepares)) return { fault: 'MALFORMED' };
      if (!addVote('proposal', proposal)) return { fault: 'NOT_VALIDATOR' };
      const isKnown = roundChanges.every(addRoundChange) && addPrepares(prepares);
      return isKnown ? parts : { fault: 'BAD_JUSTIFICATION' };
    }
    case 'round-change': {
      const { roundChange, prepares } = message;
      if (isOversize(prepares)) return { fault: 'MALFORMED' };
      if (!addRoundChange(roundChange)) return { fault: 'NOT_VALIDATOR' };
      return addPrepares(prepares) ? parts : { fault: 'BAD_JUSTIFICATION' };
    }
    case 'decided': {
      const { block, certificate } = message;
      const expected = {
        height: block.header.height,
        blockHash: hashHeader(block.header),
        genesisHash,
        validators,
      };
      const result = certificateChecks(certificate, expected);
      if ('fault' in result) return { fault: 'BAD_JUSTIFICATION' };
      const signers = signersOf(certificate, validators);
      return result.checks.map((check, index) => ({ signer: signers[index] as Address, ...check }));
    }
  }
}
