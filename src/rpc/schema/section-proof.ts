import * as z from 'zod';
import { Certificate, Hash, Header, Height, Hex, Ledger, Receipt } from './results.ts';

/**
 * What proves that a transaction was executed as its receipt says, in the proof of its ledger's section. Offline:
 * `itemBytes` hash to the receipt's `proofCommitment` (H("proof-item", bytes)), and along `itemPath` to `itemRoot` of
 * the proof; `section` holds the proof and leads along `sectionPath` to `sectionsRoot` of the header, which the
 * certificate fixes. Paths are RFC 6962; the siblings of `sectionPath` stand by the place of the ledger among the five.
 */
export function sectionProof<Item extends z.ZodType, Proof extends z.ZodType>(item: Item, proof: Proof) {
  return z.object({
    txId: Hash,
    ledger: Ledger,
    height: Height,
    hash: Hash,
    receipt: Receipt,
    item,
    itemBytes: Hex,
    itemPath: z.array(z.object({ side: z.enum(['left', 'right']), hash: Hash })),
    proof,
    /** SSZ bytes of the signed section. */
    section: Hex,
    sectionPath: z.array(Hash),
    header: Header,
    certificate: Certificate,
  });
}
