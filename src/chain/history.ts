import type { BlockStore } from '../storage/block-store.ts';
import type { Block } from '../types/block.ts';
import type { Certificate } from '../types/certificate.ts';
import { buildFinalityProof, type FinalityProof } from '../types/finality-proof.ts';
import { LEDGERS } from '../types/names.ts';
import type { BlockReceipts } from '../types/receipt.ts';
import type { Hash } from '../types/ssz.ts';
import { NodeError } from '../util/errors.ts';

/** A committed block with everything that this node keeps of it. */
export interface StoredBlock {
  readonly height: number;
  readonly hash: Hash;
  readonly block: Block;
  readonly certificate: Certificate;
  readonly receipts: BlockReceipts;
}

export type HistoryErrorCode = 'TX_NOT_FOUND';

/** What is committed, read from disk: for peers that sync, the RPC, and finality proofs. */
export class ChainHistory {
  readonly store: BlockStore;
  readonly #genesisHash: Hash;

  constructor(store: BlockStore, genesisHash: Hash) {
    this.store = store;
    this.#genesisHash = genesisHash;
  }

  /** The block at a height from 1 to the head, otherwise undefined. */
  block(height: number): StoredBlock | undefined {
    const block = this.store.loadBlock(height);
    const hash = this.store.hashAt(height);
    const certificate = this.store.loadCertificate(height);
    const receipts = this.store.loadReceipts(height);
    if (block === undefined || hash === undefined || certificate === undefined || receipts === undefined)
      return undefined;
    return { height, hash, block, certificate, receipts };
  }

  /** The bytes of a transaction that stands in a block. */
  transactionBytes(id: Hash): Uint8Array | undefined {
    const place = this.store.findTransaction(id);
    if (place === undefined) return undefined;
    return this.store.loadBlock(place.height)?.transactions[LEDGERS.indexOf(place.ledger)]?.[place.index];
  }

  /**
   * The proof that a transaction is final, from genesis on.
   * @throws NodeError TX_NOT_FOUND while no block holds the transaction
   */
  async finalityProof(txId: Hash): Promise<FinalityProof> {
    const place = this.store.findTransaction(txId);
    const stored = place === undefined ? undefined : this.block(place.height);
    const transaction = place === undefined ? undefined : this.transactionBytes(txId);
    if (place === undefined || stored === undefined || transaction === undefined)
      throw new NodeError<HistoryErrorCode>('TX_NOT_FOUND', 'no block of this node holds the transaction', {
        data: { txId },
        hint: 'ask tx_status whether it waits or was dropped',
      });
    const { ledger, index } = place;
    const { receipts, certificate } = stored;
    const links = [];
    for (const { height, validators } of await this.store.loadValidatorChanges()) {
      if (height >= place.height) break;
      const header = this.store.loadHeader(height);
      const seals = this.store.loadCertificate(height);
      if (header !== undefined && seals !== undefined) links.push({ header, certificate: seals, validators });
    }
    const genesisHash = this.#genesisHash;
    const { header } = stored.block;
    return buildFinalityProof({ genesisHash, transaction, receipts, ledger, index, header, certificate, links });
  }
}
