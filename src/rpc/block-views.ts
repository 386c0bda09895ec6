import type * as z from 'zod';
import { type BlockHeader, BlockHeaderType } from '../types/block.ts';
import { type Certificate, CertificateType } from '../types/certificate.ts';
import { PROOF_TYPES } from '../types/names.ts';
import type { SignedSection } from '../types/section.ts';
import type * as results from './schema/results.ts';
import { addressText, hash0x } from './text-forms.ts';

export function headerView(header: BlockHeader): z.input<typeof results.Header> {
  return BlockHeaderType.toJson(header) as z.input<typeof results.Header>;
}

export function certificateView(certificate: Certificate): z.input<typeof results.Certificate> {
  return CertificateType.toJson(certificate) as z.input<typeof results.Certificate>;
}

export function sectionView({ section, signature }: SignedSection): z.input<typeof results.Section> {
  return {
    ledger: section.ledger,
    proofType: PROOF_TYPES[section.ledger],
    height: section.height,
    parent: hash0x(section.parent),
    miner: addressText(section.miner),
    rank: section.rank,
    txRoot: hash0x(section.txRoot),
    txCount: section.txCount,
    receiptRoot: hash0x(section.receiptRoot),
    pre: hash0x(section.pre),
    post: hash0x(section.post),
    outboxRoot: hash0x(section.outboxRoot),
    chargeRoot: hash0x(section.chargeRoot),
    work: section.work,
    proofBytes: section.proof.length,
    signature: hash0x(signature),
  };
}
