import type { BlockStore } from '../storage/block-store.ts';
import { BILL_PROOF_VERSION, type BillingProof, commitmentPathOf } from '../types/bill-proof.ts';
import type { Block } from '../types/block.ts';
import type { Certificate } from '../types/certificate.ts';
import { buildFinalityProof, type FinalityProof, type FinalityProofParts } from '../types/finality-proof.ts';
import type { Genesis } from '../types/genesis.ts';
import { LEDGERS } from '../types/names.ts';
import type { BlockReceipts } from '../types/receipt.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import { type Validator, ValidatorSet } from '../types/validator.ts';

/** A committed block with everything that this node keeps of it. */
export interface StoredBlock {
  readonly height: number;
  readonly hash: Hash;
  readonly block: Block;
  readonly certificate: Certificate;
  readonly receipts: BlockReceipts;
}

/** What is committed, read from disk: for peers that sync, the RPC, and finality proofs. */
export class ChainHistory {
  readonly store: BlockStore;
  readonly #genesis: Genesis;
  readonly #genesisHash: Hash;

  constructor(store: BlockStore, genesis: Genesis, genesisHash: Hash) {
    this.store = store;
    this.#genesis = genesis;
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

  /** V(height) for a height from 1 to the head + 1. */
  async validatorsAt(height: number): Promise<ValidatorSet> {
    let members: readonly Validator[] = this.#genesis.validators.map(({ id, consensusKey, vrfKey }) => ({
      id,
      consensusKey,
      vrfKey,
    }));
    for (const change of await this.store.loadValidatorChanges())
      if (change.height < height) members = change.validators;
    return new ValidatorSet(members);
  }

  /**
   * The proof that a transaction is final: from genesis on, or from the header at `trustedHeight`, which the reader
   * already trusts. Undefined while no block holds the transaction, or if it stands at or below the trusted height.
   */
  async finalityProof(txId: Hash, trustedHeight?: number): Promise<FinalityProof | undefined> {
    const place = this.store.findTransaction(txId);
    if (place === undefined || (trustedHeight !== undefined && place.height <= trustedHeight))
      return undefined;
    const stored = this.block(place.height);
    const transaction = this.transactionBytes(txId);
    if (stored === undefined || transaction === undefined) return undefined;
    const { header } = stored.block;
    return buildFinalityProof({
      genesisHash: this.#genesisHash,
      transaction,
      receipts: stored.receipts,
      ledger: place.ledger,
      index: place.index,
      header,
      certificate: stored.certificate,
      anchor: trustedHeight === undefined ? undefined : await this.#anchor(trustedHeight),
      links: await this.#links(trustedHeight ?? 0, place.height),
    });
  }

  /** That the commitment to a window of billing is final, from genesis on; undefined before the window is closed. */
  async billingProof(window: number): Promise<BillingProof | undefined> {
    const height = this.store.bills.closedAt(window);
    const stored = height === undefined ? undefined : this.block(height);
    const path = stored === undefined ? undefined : commitmentPathOf(stored.receipts, window);
    if (stored === undefined || path === undefined) return undefined;
    return {
      version: BILL_PROOF_VERSION,
      genesisHash: this.#genesisHash,
      ...path,
      header: stored.block.header,
      certificate: stored.certificate,
      links: (await this.#links(0, stored.height)).map((link) => ({
        ...link,
        validators: [...link.validators],
      })),
    };
  }

  async #anchor(height: number): Promise<FinalityProofParts['anchor']> {
    const header = this.store.loadHeader(height);
    if (header === undefined) return undefined;
    return { header, validators: (await this.validatorsAt(height + 1)).members };
  }

  /** The validator-set changes at heights above `after` and below `before`. */
  async #links(after: number, before: number): Promise<FinalityProofParts['links']> {
    const links = [];
    for (const { height, validators } of await this.store.loadValidatorChanges()) {
      if (height <= after || height >= before) continue;
      const header = this.store.loadHeader(height);
      const certificate = this.store.loadCertificate(height);
      if (header !== undefined && certificate !== undefined) links.push({ header, certificate, validators });
    }
    return links;
  }
}
