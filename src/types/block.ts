import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { hashOf } from '../crypto/hash.ts';
import { merkleRoot } from '../crypto/merkle.ts';
import { fromHex, toHex } from '../util/bytes.ts';
import { LIMITS } from '../util/limits.ts';
import { CertificateType, certificateHash } from './certificate.ts';
import { EvidenceType, evidenceRoot } from './evidence.ts';
import { LEDGERS } from './names.ts';
import { SectionListType, sectionsRoot } from './section.ts';
import { decode, encode } from './ssz.ts';
import { AddressType, Bytes, Hash32, VrfProof80 } from './ssz-bytes.ts';
import { Height, SafeU64, U16 } from './ssz-numbers.ts';

/** `proof` is the proposer's VRF proof (RFC 9381), `output` the new beacon value (crypto/vrf.ts). */
export const BeaconType = new ContainerType({ proof: VrfProof80, output: Hash32 });
export type Beacon = ValueOf<typeof BeaconType>;

/**
 * The header is what validators seal. Round and seals are not in it, so a block keeps its hash when it is proposed
 * again in a later round; `proposer` is its first builder. `validatorsHash` is V(height), `nextValidatorsHash`
 * V(height + 1). `receiptsRoot` is RFC 6962 over the five sections' receipt roots and the root of the system
 * receipts; `stateRoot` over the six sub-tree roots after the block.
 */
export const BlockHeaderType = new ContainerType({
  version: U16,
  chainId: SafeU64,
  height: Height,
  timeMs: SafeU64,
  parentHash: Hash32,
  proposer: AddressType,
  beacon: BeaconType,
  sectionsRoot: Hash32,
  receiptsRoot: Hash32,
  stateRoot: Hash32,
  validatorsHash: Hash32,
  nextValidatorsHash: Hash32,
  lastCertificateHash: Hash32,
  evidenceRoot: Hash32,
});
export type BlockHeader = ValueOf<typeof BlockHeaderType>;

export const HEADER_VERSION = 1;

export function hashHeader(header: BlockHeader): string {
  return hashOf('header', encode(BlockHeaderType, header));
}

/** What the header's roots commit to besides transactions; `lastCertificate` is empty only at height 1. */
export const BlockBodyType = new ContainerType({
  sections: SectionListType,
  lastCertificate: new ListCompositeType(CertificateType, 1),
  evidence: new ListCompositeType(EvidenceType, LIMITS.maxEvidencePerBlock),
});
export type BlockBody = ValueOf<typeof BlockBodyType>;

const TransactionIdListType = new ListCompositeType(Hash32, LIMITS.maxTransactionsPerSection);

/** A block as it is proposed: transactions by id, one list per ledger in canonical order. */
export const BlockProposalType = new ContainerType({
  header: BlockHeaderType,
  body: BlockBodyType,
  transactionIds: new ListCompositeType(TransactionIdListType, LEDGERS.length),
});
export type BlockProposal = ValueOf<typeof BlockProposalType>;

/**
 * Whether body and transaction ids are the ones that the header commits to. A header hash alone says nothing of the
 * body that came with it: without this check a relay could pair a good header with a bad body.
 */
export function bodyMatchesHeader({ header, body, transactionIds }: BlockProposal): boolean {
  if (body.sections.length !== transactionIds.length) return false;
  if (certificateHash(body.lastCertificate[0]) !== header.lastCertificateHash) return false;
  if (evidenceRoot(body.evidence) !== header.evidenceRoot) return false;
  if (sectionsRoot(body.sections) !== header.sectionsRoot) return false;
  return body.sections.every(({ section }, index) => {
    const ids = transactionIds[index] as string[];
    return section.txCount === ids.length && section.txRoot === toHex(merkleRoot(ids.map(fromHex)));
  });
}

/** A block with the bytes of its transactions: what the disk, the journal and sync carry. */
export const BlockType = new ContainerType({
  header: BlockHeaderType,
  body: BlockBodyType,
  transactions: new ListCompositeType(
    new ListCompositeType(Bytes(LIMITS.maxTransactionBytes), LIMITS.maxTransactionsPerSection),
    LEDGERS.length,
  ),
});
export type Block = ValueOf<typeof BlockType>;

export function encodeBlock(block: Block): Uint8Array {
  return encode(BlockType, block);
}

/** @throws NodeError MALFORMED_BYTES */
export function decodeBlock(bytes: Uint8Array): Block {
  return decode(BlockType, bytes, 'block');
}

/** The proposal form of a complete block: ids instead of bytes. */
export function proposalOf(block: Block): BlockProposal {
  return {
    header: block.header,
    body: block.body,
    transactionIds: block.transactions.map((list) => list.map((bytes) => hashOf('transaction', bytes))),
  };
}
