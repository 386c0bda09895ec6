import { merkleRoot } from '../crypto/merkle.ts';
import { receiptListRoot } from '../types/receipt.ts';
import type { Section } from '../types/section.ts';
import { SectionChargeType, SentMessageType } from '../types/section-parts.ts';
import { encode } from '../types/ssz.ts';
import { fromHex, toHex } from '../util/bytes.ts';
import type { SectionResult } from './section-result.ts';

/** The fields of a section that follow from its execution. */
export type SectionRoots = Pick<
  Section,
  'txRoot' | 'txCount' | 'receiptRoot' | 'pre' | 'post' | 'outboxRoot' | 'chargeRoot' | 'work'
>;

export function sectionRoots(result: SectionResult): SectionRoots {
  return {
    txRoot: toHex(merkleRoot(result.txIds.map(fromHex))),
    txCount: result.txIds.length,
    receiptRoot: receiptListRoot(result.receipts),
    pre: result.preRoot,
    post: result.postRoot,
    outboxRoot: toHex(merkleRoot(result.outbox.map((message) => encode(SentMessageType, message)))),
    chargeRoot: toHex(merkleRoot(result.charges.map((charge) => encode(SectionChargeType, charge)))),
    work: result.gas,
  };
}

/** The first field in which a section differs from its execution, or undefined if it is right. */
export function wrongSectionField(section: Section, result: SectionResult): keyof SectionRoots | undefined {
  const roots = sectionRoots(result);
  return (Object.keys(roots) as (keyof SectionRoots)[]).find((field) => roots[field] !== section[field]);
}

/** RFC 6962 root of the proof items: what the section's proof commits to. */
export function proofItemsRoot(result: SectionResult): string {
  return toHex(merkleRoot(result.proofItems));
}
