import { BitListType, ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import type { SignatureTag } from '../crypto/domain.ts';
import { hashOf, signingBytes } from '../crypto/hash.ts';
import { LIMITS } from '../util/limits.ts';
import { encode } from './ssz.ts';
import { Hash32, Signature64 } from './ssz-bytes.ts';
import { Height, U32 } from './ssz-numbers.ts';
import type { ValidatorSet } from './validator.ts';

/** What Proposal, Prepare and Commit sign (tags `proposal`, `prepare`, `seal`): three bodies of one shape. */
export const VoteBodyType = new ContainerType({ height: Height, round: U32, blockHash: Hash32 });
export type VoteBody = ValueOf<typeof VoteBodyType>;

export function voteSigningBytes(
  tag: Extract<SignatureTag, 'proposal' | 'prepare' | 'seal'>,
  genesisHash: string,
  body: VoteBody,
): Uint8Array {
  return signingBytes(tag, genesisHash, encode(VoteBodyType, body));
}

/**
 * Commit seals of one block in one round. `signers` has one bit per member of V(height) in set order, `seals` one
 * signature per set bit in the same order. Nodes may hold different valid certificates of one block.
 */
export const CertificateType = new ContainerType({
  height: Height,
  round: U32,
  blockHash: Hash32,
  signers: new BitListType(LIMITS.maxValidators),
  seals: new ListCompositeType(Signature64, LIMITS.maxValidators),
});
export type Certificate = ValueOf<typeof CertificateType>;

/** lastCertificateHash of a header; the empty list (height 1) hashes no bytes. */
export function certificateHash(certificate: Certificate | undefined): string {
  return hashOf(
    'certificate',
    certificate === undefined ? new Uint8Array(0) : encode(CertificateType, certificate),
  );
}

export type CertificateFault =
  | 'WRONG_HEIGHT'
  | 'WRONG_BLOCK'
  | 'WRONG_SET_SIZE'
  | 'SEAL_COUNT'
  | 'BELOW_QUORUM'
  | 'BAD_SEAL';

/** One seal to check: who signed, which bytes, which signature. */
export interface SealCheck {
  readonly publicKey: string;
  readonly bytes: Uint8Array;
  readonly signature: string;
}

/** What is wrong with a certificate apart from its seals' signatures, or undefined. */
export function certificateFault(
  certificate: Certificate,
  expected: { height: number; blockHash: string; validators: ValidatorSet },
): CertificateFault | undefined {
  const { validators } = expected;
  if (certificate.height !== expected.height) return 'WRONG_HEIGHT';
  if (certificate.blockHash !== expected.blockHash) return 'WRONG_BLOCK';
  if (certificate.signers.bitLen !== validators.size) return 'WRONG_SET_SIZE';
  const count = certificate.signers.getTrueBitIndexes().length;
  if (count !== certificate.seals.length) return 'SEAL_COUNT';
  return count < validators.quorum ? 'BELOW_QUORUM' : undefined;
}

/**
 * Everything about a certificate but its signatures, which the caller checks with the one verifier: the certificate
 * is valid iff every returned check verifies. Used by consensus, sync, the light client and the body rule alike.
 */
export function certificateChecks(
  certificate: Certificate,
  expected: { height: number; blockHash: string; genesisHash: string; validators: ValidatorSet },
): { fault: CertificateFault } | { checks: SealCheck[] } {
  const fault = certificateFault(certificate, expected);
  if (fault !== undefined) return { fault };
  const bytes = voteSigningBytes('seal', expected.genesisHash, certificate);
  const checks = certificate.signers.getTrueBitIndexes().map((index, i) => ({
    publicKey: (expected.validators.at(index) as { consensusKey: string }).consensusKey,
    bytes,
    signature: certificate.seals[i] as string,
  }));
  return { checks };
}
