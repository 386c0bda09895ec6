import { hashHeader } from '../types/block.ts';
import { certificateFault, type VoteBody, voteSigningBytes } from '../types/certificate.ts';
import {
  type ConsensusMessage,
  type RoundChangeBody,
  roundChangeSigningBytes,
  type SignedRoundChange,
  type SignedVote,
} from '../types/consensus-message.ts';
import type { Address } from '../types/ssz-bytes.ts';
import type { ValidatorSet } from '../types/validator.ts';
import { signersOf } from './commit-certificate.ts';
import type { DropReason } from './contract.ts';

/** What a signature covers before it is bytes: the tag and the body it belongs to. */
export type SignedContent =
  | { readonly tag: 'proposal' | 'prepare' | 'seal'; readonly body: VoteBody }
  | { readonly tag: 'round-change'; readonly body: RoundChangeBody };

export function contentBytes({ tag, body }: SignedContent, genesisHash: string): Uint8Array {
  return tag === 'round-change'
    ? roundChangeSigningBytes(genesisHash, body)
    : voteSigningBytes(tag, genesisHash, body);
}

/** One signature inside a message: whose it claims to be, and what it must cover. */
export class SignedPart {
  readonly signer: Address;
  readonly publicKey: string;
  readonly content: SignedContent;
  readonly signature: string;
  readonly #genesisHash: string;

  constructor(
    signer: Address,
    publicKey: string,
    content: SignedContent,
    signature: string,
    genesisHash: string,
  ) {
    this.signer = signer;
    this.publicKey = publicKey;
    this.content = content;
    this.signature = signature;
    this.#genesisHash = genesisHash;
  }

  /** The bytes that the signature must be for; made when they are asked for. */
  get bytes(): Uint8Array {
    return contentBytes(this.content, this.#genesisHash);
  }
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
  const add = (signer: Address, content: SignedContent, signature: string): boolean => {
    const publicKey = validators.get(signer)?.consensusKey;
    if (publicKey === undefined) return false;
    parts.push(new SignedPart(signer, publicKey, content, signature, genesisHash));
    return true;
  };
  const addVote = (tag: 'proposal' | 'prepare' | 'seal', { body, signer, signature }: SignedVote) =>
    add(signer, { tag, body }, signature);
  const addRoundChange = ({ body, signer, signature }: SignedRoundChange) =>
    add(signer, { tag: 'round-change', body }, signature);
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
      const expected = { height: block.header.height, blockHash: hashHeader(block.header), validators };
      if (certificateFault(certificate, expected) !== undefined) return { fault: 'BAD_JUSTIFICATION' };
      const signers = signersOf(certificate, validators);
      signers.forEach((signer, index) => {
        add(signer, { tag: 'seal', body: certificate }, certificate.seals[index] as string);
      });
      return parts;
    }
  }
}
