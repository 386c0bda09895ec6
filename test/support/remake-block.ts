import type { CompleteBlock } from '../../src/chain/complete-block.ts';
import type { KeyPair } from '../../src/crypto/ed25519.ts';
import { merkleRoot } from '../../src/crypto/merkle.ts';
import { type BlockBody, type BlockHeader, hashHeader } from '../../src/types/block.ts';
import { certificateHash } from '../../src/types/certificate.ts';
import { evidenceRoot } from '../../src/types/evidence.ts';
import { LEDGERS, type LedgerName } from '../../src/types/names.ts';
import {
  EMPTY_RANK,
  type Section,
  type SignedSection,
  sectionSigningBytes,
  sectionsRoot,
} from '../../src/types/section.ts';
import type { Hash } from '../../src/types/ssz-bytes.ts';
import type { EncodedTransaction } from '../../src/types/transaction.ts';
import { fromHex, toHex } from '../../src/util/bytes.ts';

/**
 * One change to a valid block. Every layer above the changed one is made again (section signature, roots, header
 * hash), so that exactly the rule about the change can refuse the block.
 */
export interface BlockChange {
  /** Other transactions of a ledger; its section gets their count and root. */
  readonly transactions?: Partial<Record<LedgerName, readonly EncodedTransaction[]>>;
  /** Fields of the section of a ledger, which the miner signs again. */
  readonly sections?: Partial<Record<LedgerName, Partial<Section>>>;
  /** The signed sections as a whole, after the changes above. */
  readonly signedSections?: (sections: SignedSection[]) => SignedSection[];
  /** Certificate and evidence, whose hashes the header gets. */
  readonly body?: Partial<Pick<BlockBody, 'lastCertificate' | 'evidence'>>;
  /** Fields of the header; nothing follows them but the hash. */
  readonly header?: Partial<BlockHeader>;
  /** Lists of transaction bytes beside what the sections say. */
  readonly lists?: (
    lists: readonly (readonly EncodedTransaction[])[],
  ) => readonly (readonly EncodedTransaction[])[];
}

export function remakeBlock(
  original: CompleteBlock,
  miner: KeyPair,
  genesisHash: Hash,
  change: BlockChange,
): CompleteBlock {
  const { header, body } = original.block;
  const changed = LEDGERS.map((ledger, i) => change.transactions?.[ledger] ?? original.transactions[i] ?? []);
  const signed = LEDGERS.map((ledger, i) => {
    const before = body.sections[i] as SignedSection;
    const transactions = change.transactions?.[ledger];
    const section: Section = {
      ...before.section,
      ...(transactions === undefined ? {} : transactionFields(transactions)),
      ...change.sections?.[ledger],
    };
    const isUntouched = transactions === undefined && change.sections?.[ledger] === undefined;
    if (isUntouched || section.rank === EMPTY_RANK) return { section, signature: before.signature };
    return { section, signature: miner.sign(sectionSigningBytes(genesisHash, section)) };
  });
  const sections = change.signedSections?.(signed) ?? signed;
  const lastCertificate = change.body?.lastCertificate ?? body.lastCertificate;
  const evidence = change.body?.evidence ?? body.evidence;
  const newHeader: BlockHeader = {
    ...header,
    sectionsRoot: sectionsRoot(sections),
    lastCertificateHash: certificateHash(lastCertificate[0]),
    evidenceRoot: evidenceRoot(evidence),
    ...change.header,
  };
  const transactions = change.lists?.(changed) ?? changed;
  return {
    hash: hashHeader(newHeader),
    block: {
      header: newHeader,
      body: { sections, lastCertificate, evidence },
      transactions: transactions.map((list) => list.map(({ bytes }) => bytes)),
    },
    transactions,
  };
}

function transactionFields(transactions: readonly EncodedTransaction[]): Pick<Section, 'txCount' | 'txRoot'> {
  return {
    txCount: transactions.length,
    txRoot: toHex(merkleRoot(transactions.map(({ id }) => fromHex(id)))),
  };
}
