import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { verifySignature } from '../crypto/ed25519.ts';
import { BlockHeaderType, HEADER_VERSION, hashHeader } from './block.ts';
import { type CertificateFault, CertificateType, certificateChecks } from './certificate.ts';
import { type Validator, ValidatorListType, ValidatorSet } from './validator.ts';

/** A header and what makes it final. */
export const SealedHeaderType = new ContainerType({ header: BlockHeaderType, certificate: CertificateType });
export type SealedHeader = ValueOf<typeof SealedHeaderType>;

/**
 * What a light client reads of a block (the light block of CometBFT's light client specification): the header, its
 * certificate, and V(height), ordered by id, to which the header commits by `validatorsHash`.
 */
export const LightBlockType = new ContainerType({
  header: BlockHeaderType,
  certificate: CertificateType,
  validators: ValidatorListType,
});
export type LightBlock = ValueOf<typeof LightBlockType>;

export type LightBlockFault = CertificateFault | 'UNKNOWN_HEADER_VERSION' | 'WRONG_VALIDATORS';

/** The set of a list in its canonical order, or undefined: any other order would be a second spelling of one set. */
export function orderedValidators(validators: readonly Validator[]): ValidatorSet | undefined {
  try {
    const set = new ValidatorSet(validators);
    return set.members.every(({ id }, index) => id === validators[index]?.id) ? set : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * What is wrong with a header, its certificate and its validators, taken by themselves: whether the validators are
 * those of the chain is the caller's to know. Every seal is verified, so the cost grows with their number; all that
 * is cheap is checked before.
 */
export function lightBlockFault(
  { header, certificate, validators }: LightBlock,
  genesisHash: string,
): LightBlockFault | undefined {
  if (header.version !== HEADER_VERSION) return 'UNKNOWN_HEADER_VERSION';
  const set = orderedValidators(validators);
  if (set === undefined || set.hash !== header.validatorsHash) return 'WRONG_VALIDATORS';
  const outcome = certificateChecks(certificate, {
    height: header.height,
    blockHash: hashHeader(header),
    genesisHash,
    validators: set,
  });
  if ('fault' in outcome) return outcome.fault;
  const isSealed = outcome.checks.every(({ publicKey, bytes, signature }) =>
    verifySignature(publicKey, bytes, signature),
  );
  return isSealed ? undefined : 'BAD_SEAL';
}
