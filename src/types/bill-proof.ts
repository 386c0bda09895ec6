import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { merklePath, merkleRoot, merkleSides } from '../crypto/merkle.ts';
import { toHex } from '../util/bytes.ts';
import { LIMITS } from '../util/limits.ts';
import { BillingCommitmentType, BillLineType } from './billing.ts';
import { BlockHeaderType } from './block.ts';
import { CertificateType } from './certificate.ts';
import { FinalityLinkType, type PathStep, PathStepType } from './finality-proof.ts';
import { LEDGERS } from './names.ts';
import { ECONOMY_SYSTEM_RECEIPTS } from './operations/economy-receipts.ts';
import { type BlockReceipts, encodeReceipt, encodeSystemReceipt } from './receipt.ts';
import { fromCanonicalJson } from './ssz.ts';
import { AddressType, Hash32 } from './ssz-bytes.ts';
import { U16, U32 } from './ssz-numbers.ts';
import { readSystemReceipt } from './system-receipt.ts';

/**
 * A bill that its payer can check with nothing but the genesis file (client/verify-bill.ts): the commitment to a window
 * of billing, the proof that the commitment is final, and lines that lead to its root. It shows that each line was
 * charged and committed to; that there are no further lines it does not show.
 *
 * As in a finality proof, every byte falls under a check: sums are not in it, because they follow from the lines.
 */
export const BILL_PROOF_VERSION = 1;

const SYSTEM_PATH_STEPS = Math.ceil(Math.log2(LIMITS.maxSystemReceiptsPerBlock));
const LINE_PATH_STEPS = Math.ceil(Math.log2(LIMITS.maxBillLinesPerBlock));
/** The number of billed blocks of a window is a u32 of at most 2^31. */
const BLOCK_PATH_STEPS = 31;

/** That a commitment is final: the system receipt that holds it, the way to the header, and the header's finality. */
export const BillingProofType = new ContainerType({
  version: U16,
  genesisHash: Hash32,
  commitment: BillingCommitmentType,
  /** Place of the receipt among the system receipts of `header`. */
  index: U32,
  receiptPath: new ListCompositeType(PathStepType, SYSTEM_PATH_STEPS),
  /** From the root of the system receipts to `receiptsRoot` of the header. */
  rootsPath: new ListCompositeType(Hash32, 3),
  header: BlockHeaderType,
  certificate: CertificateType,
  links: new ListCompositeType(FinalityLinkType, LIMITS.maxProofLinks),
});
export type BillingProof = ValueOf<typeof BillingProofType>;

/** How a line leads to the root of its window. */
const linePathFields = {
  /** Place among the lines of its block, of which there are `lines`. */
  index: U32,
  lines: U32,
  linePath: new ListCompositeType(Hash32, LINE_PATH_STEPS),
  /** Place of the block among the billed blocks of the window. */
  block: U32,
  blockPath: new ListCompositeType(Hash32, BLOCK_PATH_STEPS),
};
export const BillLinePathType = new ContainerType(linePathFields);
export type BillLinePath = ValueOf<typeof BillLinePathType>;

const ProvenLineType = new ContainerType({ line: BillLineType, ...linePathFields });
export type ProvenLine = ValueOf<typeof ProvenLineType>;

export const BillProofType = new ContainerType({
  payer: AddressType,
  window: BillingProofType,
  /** In ascending order of their places. */
  lines: new ListCompositeType(ProvenLineType, LIMITS.maxLinesPerBill),
});
export type BillProof = ValueOf<typeof BillProofType>;

/** The commitment of a window in the receipts of a block, and its way to `receiptsRoot`. */
export function commitmentPathOf(
  receipts: BlockReceipts,
  window: number,
): Pick<BillingProof, 'commitment' | 'index' | 'receiptPath' | 'rootsPath'> | undefined {
  for (const [index, receipt] of receipts.system.entries()) {
    const commitment = readSystemReceipt(ECONOMY_SYSTEM_RECEIPTS.BillingCommitment, receipt);
    if (commitment?.window !== window) continue;
    const leaves = receipts.system.map(encodeSystemReceipt);
    const sides = merkleSides(index, leaves.length);
    const roots = [
      ...receipts.sections.map((list) => merkleRoot(list.map(encodeReceipt))),
      merkleRoot(leaves),
    ];
    return {
      commitment,
      index,
      receiptPath: merklePath(leaves, index).map((hash, i) => ({
        side: sides[i] as PathStep['side'],
        hash: toHex(hash),
      })),
      rootsPath: merklePath(roots, LEDGERS.length).map(toHex),
    };
  }
  return undefined;
}

/**
 * Reads a bill file, which has exactly one spelling, like a finality proof.
 * @throws NodeError MALFORMED_JSON
 */
export function billProofFromJson(json: unknown): BillProof {
  return fromCanonicalJson(BillProofType, json, 'bill', 'use what `metanode economy bill --out` wrote');
}
