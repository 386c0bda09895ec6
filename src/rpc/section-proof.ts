import type { Type } from '@chainsafe/ssz';
import { type MerkleSide, merklePath, merkleSides } from '../crypto/merkle.ts';
import { LEDGERS, type LedgerName } from '../types/names.ts';
import { SignedSectionType } from '../types/section.ts';
import { decode, encode } from '../types/ssz.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import { toHex } from '../util/bytes.ts';
import { certificateView, headerView } from './block-views.ts';
import { rpcError } from './errors.ts';
import type { ChainPort } from './ports/chain.ts';
import { selectBlock } from './selectors.ts';
import { bytes0x, hash0x } from './text-forms.ts';
import { receiptView } from './transaction-views.ts';

/** The proof type of a ledger: what its sections prove, and what they prove of each transaction. */
export interface ProofTypes<Item, Proof> {
  readonly ledger: LedgerName;
  readonly item: Type<Item>;
  readonly proof: Type<Proof>;
}

/**
 * The proof of a transaction of one ledger, out of the section that holds it; `item` and `proof` are in memory form.
 * @throws NodeError RECEIPT_NOT_FOUND if no section of this ledger holds the transaction, PRUNED
 */
export async function proveInSection<Item, Proof>(
  chain: ChainPort,
  { ledger, item: itemType, proof: proofType }: ProofTypes<Item, Proof>,
  txId: Hash,
) {
  const place = await chain.findTransaction(txId);
  if (place?.ledger !== ledger)
    throw rpcError('RECEIPT_NOT_FOUND', `no block holds the ${ledger} transaction ${hash0x(txId)}`, {
      data: { txId, ...(place === undefined ? {} : { ledger: place.ledger }) },
      hint: 'tx_status says where the transaction is',
    });
  const { height, index } = place;
  const { hash, block, receipts, certificate } = await selectBlock(chain, { height });
  const ledgerIndex = LEDGERS.indexOf(ledger);
  const items = (await chain.proofItems(height))?.[ledgerIndex];
  const itemBytes = items?.[index];
  const receipt = receipts.sections[ledgerIndex]?.[index];
  const section = block.body.sections[ledgerIndex];
  if (items === undefined || itemBytes === undefined || receipt === undefined || section === undefined)
    throw rpcError('PRUNED', `the proof items of block ${height} are not kept`, { data: { height } });
  const sides = merkleSides(index, items.length);
  return {
    view: {
      txId: hash0x(txId),
      ledger,
      height,
      hash: hash0x(hash),
      receipt: receiptView(receipt),
      itemBytes: bytes0x(itemBytes),
      itemPath: merklePath(items, index).map((sibling, i) => ({
        side: sides[i] as MerkleSide,
        hash: bytes0x(sibling),
      })),
      section: bytes0x(encode(SignedSectionType, section)),
      sectionPath: merklePath(
        block.body.sections.map((one) => encode(SignedSectionType, one)),
        ledgerIndex,
      ).map((sibling) => hash0x(toHex(sibling))),
      header: headerView(block.header),
      certificate: certificateView(certificate),
    },
    item: decode(itemType, itemBytes, 'proof item'),
    proof: decode(proofType, section.section.proof, 'proof'),
  };
}
