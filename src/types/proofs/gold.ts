import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { LIMITS } from '../../util/limits.ts';
import { TOKENS, TokenNameType } from '../names.ts';
import { decode, encode } from '../ssz.ts';
import { AddressType, Hash32, Key32, Text } from '../ssz-bytes.ts';
import { NameOf, SafeU64, U8, U16, U32, U128 } from '../ssz-numbers.ts';

/**
 * Proof-of-Gold: what the transactions of an economy section did to the money, so that everyone can check that none
 * came out of nothing. All of it is recomputed by every validator.
 */
export const GOLD_PROOF_VERSION = 1;

export const POSTING_SIDES = ['debit', 'credit'] as const;

/** One half of a movement: what was taken from (debit) or given to (credit) an account. */
export const GoldPostingType = new ContainerType({
  /** Name of the account, like `balance/<address in hex>`, `treasury` or the contra account `issue`. */
  account: Text(160),
  token: TokenNameType,
  side: NameOf(POSTING_SIDES),
  amount: U128,
});
export type GoldPosting = ValueOf<typeof GoldPostingType>;

/** What newly issued coins are based on: hash of a document, or identity of an attestation of reserves. */
export const GoldBasisType = new ContainerType({ token: TokenNameType, amount: U128, basis: Hash32 });
export type GoldBasis = ValueOf<typeof GoldBasisType>;

/** Proof item of one transaction; a failed transaction has no postings. The fee stands in the receipt. */
export const GoldItemType = new ContainerType({
  txId: Hash32,
  sender: AddressType,
  status: U16,
  postings: new ListCompositeType(GoldPostingType, 4 * LIMITS.maxOperationsPerTransaction),
  bases: new ListCompositeType(GoldBasisType, LIMITS.maxOperationsPerTransaction),
});
export type GoldItem = ValueOf<typeof GoldItemType>;

/** Items by their bytes, which never change: who reads what this process wrote need not decode it. */
const items = new WeakMap<Uint8Array, GoldItem>();

export function encodeGoldItem(item: GoldItem): Uint8Array {
  const bytes = encode(GoldItemType, item);
  items.set(bytes, item);
  return bytes;
}

/** @throws NodeError MALFORMED_BYTES */
export function decodeGoldItem(bytes: Uint8Array): GoldItem {
  return items.get(bytes) ?? decode(GoldItemType, bytes, 'proof item');
}

/** One token over the section: supply before and after, Σ of the journal, coins issued and retired, fees charged. */
export const GoldTokenTotalsType = new ContainerType({
  token: TokenNameType,
  supplyBefore: U128,
  supplyAfter: U128,
  debits: U128,
  credits: U128,
  issued: U128,
  retired: U128,
  fees: U128,
});
export type GoldTokenTotals = ValueOf<typeof GoldTokenTotalsType>;

/** An attestation that counts: its identity and how old it is in rule time. */
export const GoldAttestationType = new ContainerType({ id: Hash32, ageMs: SafeU64 });

/**
 * How AUR is covered after the section. `ratioPpm` is reserve to outstanding in parts per million, at most
 * 1 000 000 000, which also stands for nothing outstanding. Without a usable price `median` is 0, and gold counts 0.
 */
export const GoldCoverageType = new ContainerType({
  outstanding: U128,
  reserve: U128,
  ratioPpm: U32,
  /** Median price of one troy ounce in micro-USD. */
  median: U128,
  /** Keys of the oracles whose price is fresh, in the order of the genesis. */
  signers: new ListCompositeType(Key32, LIMITS.maxAuthorityKeys),
  attestations: new ListCompositeType(GoldAttestationType, LIMITS.maxReserveCustodians),
});
export type GoldCoverage = ValueOf<typeof GoldCoverageType>;

export const GoldProofType = new ContainerType({
  version: U8,
  tokens: new ListCompositeType(GoldTokenTotalsType, TOKENS.length),
  /** RFC 6962 root over the bases of all new coins, in order, and their number. */
  basisRoot: Hash32,
  basisCount: U32,
  coverage: GoldCoverageType,
  /** RFC 6962 root over the encoded items, one per transaction, and their number. */
  itemRoot: Hash32,
  itemCount: U32,
});
export type GoldProof = ValueOf<typeof GoldProofType>;
