import type { Chain } from '../chain/chain.ts';
import { type CompleteBlock, completeBlock } from '../chain/complete-block.ts';
import { decodeBlock } from '../types/block.ts';
import { type Certificate, CertificateType } from '../types/certificate.ts';
import type { CertifiedBlockBytes } from '../types/network.ts';
import { decode } from '../types/ssz.ts';
import { NodeError } from '../util/errors.ts';

export type CertifiedBlockErrorCode = 'BAD_CERTIFICATE' | 'BAD_BLOCK';

/** A block and the certificate that came with it; whether it proves anything, `takeUp` says. */
export interface CertifiedBlock {
  readonly complete: CompleteBlock;
  readonly certificate: Certificate;
}

/** @throws NodeError MALFORMED_BYTES */
export function decodeCertified({ block, certificate }: CertifiedBlockBytes): CertifiedBlock {
  return {
    complete: completeBlock(decodeBlock(block), block),
    certificate: decode(CertificateType, certificate, 'certificate'),
  };
}

/**
 * Makes a block of others a candidate for the next height, once its certificate is checked under the validators of
 * that height. False if the head has passed it meanwhile.
 * @throws NodeError BAD_CERTIFICATE; BAD_BLOCK for a body that is not the one of the header
 */
export async function takeUp(chain: Chain, { complete, certificate }: CertifiedBlock): Promise<boolean> {
  const { height } = certificate;
  const data = { height, hash: complete.hash };
  const isCertified = await chain.isCertified(complete.hash, certificate);
  if (chain.head.height >= height) return false;
  if (!isCertified)
    throw new NodeError<CertifiedBlockErrorCode>(
      'BAD_CERTIFICATE',
      `no valid certificate of block ${height}`,
      { data },
    );
  const fault = chain.addCandidate(complete);
  if (fault !== undefined)
    throw new NodeError<CertifiedBlockErrorCode>('BAD_BLOCK', `block ${height} has another body: ${fault}`, {
      data,
    });
  return true;
}
