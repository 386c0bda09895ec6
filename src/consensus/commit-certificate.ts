import { BitArray } from '@chainsafe/ssz';
import type { Certificate } from '../types/certificate.ts';
import type { SignedVote } from '../types/consensus-message.ts';
import type { Address } from '../types/ssz-bytes.ts';
import type { ValidatorSet } from '../types/validator.ts';

/** The seals of a commit quorum as a certificate: bits and seals in set order. */
export function certificateOf(votes: readonly SignedVote[], validators: ValidatorSet): Certificate {
  const byIndex = votes
    .map((vote) => ({ index: validators.indexOf(vote.signer) as number, vote }))
    .sort((a, b) => a.index - b.index);
  const signers = BitArray.fromBitLen(validators.size);
  for (const { index } of byIndex) signers.set(index, true);
  const { body } = (byIndex[0] as { vote: SignedVote }).vote;
  return { ...body, signers, seals: byIndex.map(({ vote }) => vote.signature) };
}

export function signersOf(certificate: Certificate, validators: ValidatorSet): Address[] {
  return certificate.signers.getTrueBitIndexes().map((index) => (validators.at(index) as { id: Address }).id);
}

/** The commits of which a certificate consists. */
export function sealsOf(certificate: Certificate, validators: ValidatorSet): SignedVote[] {
  const { height, round, blockHash, seals } = certificate;
  return signersOf(certificate, validators).map((signer, index) => ({
    body: { height, round, blockHash },
    signer,
    signature: seals[index] as string,
  }));
}
