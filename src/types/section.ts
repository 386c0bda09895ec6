import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { hashOf, signingBytes } from '../crypto/hash.ts';
import { merkleRoot } from '../crypto/merkle.ts';
import { toHex } from '../util/bytes.ts';
import { LIMITS } from '../util/limits.ts';
import { LEDGERS, type LedgerName, LedgerNameType } from './names.ts';
import { decode, encode } from './ssz.ts';
import { AddressType, Bytes, type Hash, Hash32, Signature64 } from './ssz-bytes.ts';
import { Height, SafeU64, U8, U32 } from './ssz-numbers.ts';

/**
 * One ledger's part of a block. `pre` is the ledger's sub-root after BeginBlock, `post` before EndBlock; `parent` the
 * hash of the parent header; `work` the gas used; `proof` the encoded proof of the ledger's proof type. Roots are
 * RFC 6962 over transaction ids (raw bytes), encoded receipts, outbox messages and charges.
 */
export const SectionType = new ContainerType({
  ledger: LedgerNameType,
  height: Height,
  parent: Hash32,
  miner: AddressType,
  rank: U8,
  txRoot: Hash32,
  txCount: U32,
  receiptRoot: Hash32,
  pre: Hash32,
  post: Hash32,
  outboxRoot: Hash32,
  chargeRoot: Hash32,
  work: SafeU64,
  proof: Bytes(LIMITS.maxProofBytes),
});
export type Section = ValueOf<typeof SectionType>;

/** How many miners are elected for each ledger and height: ranks 0–3. */
export const ELECTED_RANKS = 4;
/** Rank of what the proposer mined itself, behind all that are elected. */
export const PROPOSER_RANK = ELECTED_RANKS;
/** Rank of a canonical empty section, which nobody mined. */
export const EMPTY_RANK = 255;

/** The signature is the miner's, tag `section`; 64 zero bytes for a canonical empty section. */
export const SignedSectionType = new ContainerType({ section: SectionType, signature: Signature64 });
export type SignedSection = ValueOf<typeof SignedSectionType>;

const ZERO_HASH = '00'.repeat(32);
const EMPTY_ROOT = toHex(merkleRoot([]));

export function hashSection(section: Section): Hash {
  return hashOf('section', encode(SectionType, section));
}

/**
 * What a miner signs of a section: its place and its hash. Two of them with one place and different hashes convict
 * an elected miner without the sections themselves.
 */
export const SectionStatementType = new ContainerType({
  ledger: LedgerNameType,
  height: Height,
  parent: Hash32,
  rank: U8,
  sectionHash: Hash32,
});
export type SectionStatement = ValueOf<typeof SectionStatementType>;

export const SignedSectionStatementType = new ContainerType({
  body: SectionStatementType,
  /** The miner. */
  signer: AddressType,
  signature: Signature64,
});
export type SignedSectionStatement = ValueOf<typeof SignedSectionStatementType>;

export function statementOf({ section, signature }: SignedSection): SignedSectionStatement {
  const { ledger, height, parent, rank, miner } = section;
  return {
    body: { ledger, height, parent, rank, sectionHash: hashSection(section) },
    signer: miner,
    signature,
  };
}

export function statementSigningBytes(genesisHash: Hash, body: SectionStatement): Uint8Array {
  return signingBytes('section', genesisHash, encode(SectionStatementType, body));
}

export function sectionSigningBytes(genesisHash: Hash, section: Section): Uint8Array {
  const { ledger, height, parent, rank } = section;
  return statementSigningBytes(genesisHash, {
    ledger,
    height,
    parent,
    rank,
    sectionHash: hashSection(section),
  });
}

/** The canonical EMPTY(ledger, height): `post` = `pre`, no miner, no proof, no signature. */
export function emptySection(ledger: LedgerName, height: number, parent: string, pre: string): SignedSection {
  return {
    section: {
      ledger,
      height,
      parent,
      miner: ZERO_HASH,
      rank: EMPTY_RANK,
      txRoot: EMPTY_ROOT,
      txCount: 0,
      receiptRoot: EMPTY_ROOT,
      pre,
      post: pre,
      outboxRoot: EMPTY_ROOT,
      chargeRoot: EMPTY_ROOT,
      work: 0,
      proof: new Uint8Array(0),
    },
    signature: '00'.repeat(64),
  };
}

export const SectionListType = new ListCompositeType(SignedSectionType, LEDGERS.length);

/** `sectionsRoot` of a header: the leaves are the five signed sections, so the header fixes the signatures too. */
export function sectionsRoot(sections: readonly SignedSection[]): string {
  return toHex(merkleRoot(sections.map((section) => encode(SignedSectionType, section))));
}

/** A section as its miner sends it to all: transactions by id, in the order of `txRoot`. */
export const SectionMessageType = new ContainerType({
  signed: SignedSectionType,
  transactionIds: new ListCompositeType(Hash32, LIMITS.maxTransactionsPerSection),
});
export type SectionMessage = ValueOf<typeof SectionMessageType>;

export function encodeSectionMessage(message: SectionMessage): Uint8Array {
  return encode(SectionMessageType, message);
}

/** @throws NodeError MALFORMED_BYTES */
export function decodeSectionMessage(bytes: Uint8Array): SectionMessage {
  return decode(SectionMessageType, bytes, 'section message');
}
