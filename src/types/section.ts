import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { signingBytes } from '../crypto/hash.ts';
import { merkleRoot } from '../crypto/merkle.ts';
import { toHex } from '../util/bytes.ts';
import { LIMITS } from '../util/limits.ts';
import { LEDGERS, type LedgerName, LedgerNameType } from './names.ts';
import { AddressType, Bytes, encode, Hash32, Height, SafeU64, Signature64, U8, U32 } from './ssz.ts';

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

/** Rank of the proposer's own sections; 0–3 are elected miners. */
export const PROPOSER_RANK = 4;
/** Rank of a canonical empty section, which nobody mined. */
export const EMPTY_RANK = 255;

/** The signature is the miner's, tag `section`; 64 zero bytes for a canonical empty section. */
export const SignedSectionType = new ContainerType({ section: SectionType, signature: Signature64 });
export type SignedSection = ValueOf<typeof SignedSectionType>;

const ZERO_HASH = '00'.repeat(32);
const EMPTY_ROOT = toHex(merkleRoot([]));

export function sectionSigningBytes(genesisHash: string, section: Section): Uint8Array {
  return signingBytes('section', genesisHash, encode(SectionType, section));
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
