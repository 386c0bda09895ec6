import { verifySignature } from '../crypto/ed25519.ts';
import {
  EMPTY_RANK,
  emptySection,
  type SignedSection,
  SignedSectionType,
  sectionSigningBytes,
} from '../types/section.ts';
import { encode } from '../types/ssz.ts';
import type { Address } from '../types/ssz-bytes.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import { equalBytes } from '../util/bytes.ts';
import type { BlockFault } from './block-fault.ts';
import type { ParentFacts } from './parent-facts.ts';

/**
 * Place, miner and signature of a section, whether it stands in a block or came by itself. `miner` is who may mine with
 * its rank; undefined if nobody may.
 */
export function checkSectionForm(
  signed: SignedSection,
  parent: ParentFacts,
  miner: Address | undefined,
): BlockFault | undefined {
  const { section } = signed;
  if (section.height !== parent.height + 1 || section.parent !== parent.hash) return 'WRONG_SECTION_PLACE';
  if (section.rank === EMPTY_RANK)
    return isCanonicalEmpty(signed) ? undefined : 'EMPTY_SECTION_NOT_CANONICAL';
  if (miner === undefined) return 'RANK_NOT_ELECTED';
  if (section.miner !== miner) return 'WRONG_MINER';
  if (section.txCount === 0) return 'EMPTY_SECTION_NOT_CANONICAL';
  const key = parent.validators.get(miner)?.consensusKey;
  const signingBytes = sectionSigningBytes(parent.genesisHash, section);
  if (key === undefined || !verifySignature(key, signingBytes, signed.signature))
    return 'BAD_SECTION_SIGNATURE';
  return undefined;
}

/** The ledger of the transactions of a section, and its bounds. */
export function checkSectionSize(
  { section }: SignedSection,
  transactions: readonly EncodedTransaction[],
  { genesis }: ParentFacts,
): BlockFault | undefined {
  const { maxSectionBytes, maxSectionOperations } = genesis.parameters;
  let bytes = 0;
  let operations = 0;
  for (const transaction of transactions) {
    if (transaction.value.body.ledger !== section.ledger) return 'WRONG_TRANSACTION_LEDGER';
    bytes += transaction.bytes.length;
    operations += transaction.value.body.operations.length;
  }
  return bytes > maxSectionBytes || operations > maxSectionOperations ? 'SECTION_TOO_LARGE' : undefined;
}

function isCanonicalEmpty(signed: SignedSection): boolean {
  const { ledger, height, parent, pre } = signed.section;
  const canonical = emptySection(ledger, height, parent, pre);
  return equalBytes(encode(SignedSectionType, signed), encode(SignedSectionType, canonical));
}
