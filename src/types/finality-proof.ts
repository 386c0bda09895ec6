import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { type MerkleSide, merklePath, merkleRoot, merkleSides } from '../crypto/merkle.ts';
import { toHex } from '../util/bytes.ts';
import { LIMITS } from '../util/limits.ts';
import { type BlockHeader, BlockHeaderType } from './block.ts';
import { type Certificate, CertificateType } from './certificate.ts';
import { LEDGERS, type LedgerName } from './names.ts';
import {
  type BlockReceipts,
  encodeReceipt,
  encodeSystemReceipt,
  type Receipt,
  ReceiptType,
} from './receipt.ts';
import { decode, encode, fromCanonicalJson } from './ssz.ts';
import { Bytes, Hash32 } from './ssz-bytes.ts';
import { NameOf, U16 } from './ssz-numbers.ts';
import { type Validator, ValidatorListType } from './validator.ts';

/**
 * The proof that a transaction is final, for a reader who holds nothing but the genesis file (client/verify-proof.ts).
 *
 * It walks from a validator set that the reader trusts to the set of the block. V(1) is the set of genesis, and
 * header k commits to V(k) by `validatorsHash` and to V(k + 1) by `nextValidatorsHash`. A *link* is therefore the
 * header of a height k where the two differ, its certificate under V(k), and the list V(k + 1). There is one link per
 * change, in ascending height: two changes in consecutive blocks are two links, and a set that changes back is two as
 * well. Between links the set is constant, so `header` and `certificate` of the block itself are checked under the
 * set of the last link.
 *
 * Nothing stands in a proof twice and nothing in it is mere information: ledger, height and place are the receipt's,
 * sides of the path are under the hash, so that every byte of a proof falls under one of the verifier's checks.
 */

export const FINALITY_PROOF_VERSION = 1;

export const PathStepType = new ContainerType({
  side: NameOf(['left', 'right'] as const satisfies readonly MerkleSide[]),
  hash: Hash32,
});
export type PathStep = ValueOf<typeof PathStepType>;

/** Sections hold at most 4096 receipts, so a path has at most 12 steps. */
const MAX_PATH_STEPS = Math.ceil(Math.log2(LIMITS.maxTransactionsPerSection));

/** A change of the validator set that a proof walks through. */
export const FinalityLinkType = new ContainerType({
  header: BlockHeaderType,
  certificate: CertificateType,
  /** V(header.height + 1), ordered by id. */
  validators: ValidatorListType,
});

/** A header that the reader trusts by its hash, and V(height + 1), ordered by id. */
const AnchorType = new ContainerType({ header: BlockHeaderType, validators: ValidatorListType });

export const FinalityProofType = new ContainerType({
  version: U16,
  genesisHash: Hash32,
  /** The bytes as they were signed and hashed, never a re-encoding. */
  transaction: Bytes(LIMITS.maxTransactionBytes),
  receipt: ReceiptType,
  /** From the receipt to its section's receipt root. */
  receiptPath: new ListCompositeType(PathStepType, MAX_PATH_STEPS),
  /** From the section's receipt root to `receiptsRoot` of the header: five ledgers and the system receipts. */
  ledgerPath: new ListCompositeType(Hash32, 3),
  header: BlockHeaderType,
  certificate: CertificateType,
  /** Empty for a proof that starts at genesis. */
  anchor: new ListCompositeType(AnchorType, 1),
  links: new ListCompositeType(FinalityLinkType, LIMITS.maxProofLinks),
});
export type FinalityProof = ValueOf<typeof FinalityProofType>;

/** Whether a reader needs this header and the next set to follow the chain of validator sets. */
export function changesValidators(header: BlockHeader): boolean {
  return header.nextValidatorsHash !== header.validatorsHash;
}

export interface ReceiptPath {
  readonly receipt: Receipt;
  readonly receiptPath: PathStep[];
  readonly ledgerPath: string[];
}

/** The path of one receipt of a block to `receiptsRoot`. Throws a RangeError if the block has no such receipt. */
export function receiptPathOf(receipts: BlockReceipts, ledger: LedgerName, index: number): ReceiptPath {
  const place = LEDGERS.indexOf(ledger);
  const section = receipts.sections[place];
  const receipt = section?.[index];
  if (section === undefined || receipt === undefined)
    throw new RangeError(`no receipt ${index} of ${ledger}`);
  const leaves = section.map(encodeReceipt);
  const sides = merkleSides(index, leaves.length);
  const roots = [
    ...receipts.sections.map((list) => merkleRoot(list.map(encodeReceipt))),
    merkleRoot(receipts.system.map(encodeSystemReceipt)),
  ];
  return {
    receipt,
    receiptPath: merklePath(leaves, index).map((hash, i) => ({
      side: sides[i] as MerkleSide,
      hash: toHex(hash),
    })),
    ledgerPath: merklePath(roots, place).map(toHex),
  };
}

/** What the chain supplies for a proof. `links` are those after genesis, or after the anchor, and below the block. */
export interface FinalityProofParts {
  readonly genesisHash: string;
  readonly transaction: Uint8Array;
  readonly receipts: BlockReceipts;
  readonly ledger: LedgerName;
  readonly index: number;
  readonly header: BlockHeader;
  readonly certificate: Certificate;
  readonly anchor?: { readonly header: BlockHeader; readonly validators: readonly Validator[] } | undefined;
  readonly links: readonly {
    readonly header: BlockHeader;
    readonly certificate: Certificate;
    readonly validators: readonly Validator[];
  }[];
}

/** Assembles a proof; whether its parts are valid, only the verifier says. */
export function buildFinalityProof(parts: FinalityProofParts): FinalityProof {
  const { genesisHash, transaction, header, certificate, anchor, links } = parts;
  return {
    version: FINALITY_PROOF_VERSION,
    genesisHash,
    transaction,
    ...receiptPathOf(parts.receipts, parts.ledger, parts.index),
    header,
    certificate,
    anchor: anchor === undefined ? [] : [{ header: anchor.header, validators: [...anchor.validators] }],
    links: links.map((link) => ({ ...link, validators: [...link.validators] })),
  };
}

export function encodeFinalityProof(proof: FinalityProof): Uint8Array {
  return encode(FinalityProofType, proof);
}

/** @throws NodeError MALFORMED_BYTES */
export function decodeFinalityProof(bytes: Uint8Array): FinalityProof {
  return decode(FinalityProofType, bytes, 'finality proof');
}

/** The form of a proof file and of `chain_getTransactionProof`. */
export function finalityProofToJson(proof: FinalityProof): unknown {
  return FinalityProofType.toJson(proof);
}

/**
 * Reads the JSON form, which has exactly one spelling: an extra or missing field, capital letters in hex or text in
 * place of a number are refused, so that no byte of a file is without meaning.
 * @throws NodeError MALFORMED_JSON
 */
export function finalityProofFromJson(json: unknown): FinalityProof {
  return fromCanonicalJson(
    FinalityProofType,
    json,
    'finality proof',
    'use the result of chain_getTransactionProof as it came',
  );
}
