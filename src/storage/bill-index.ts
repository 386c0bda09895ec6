import type { MerkleNode } from '../crypto/merkle-log.ts';
import { type BlockBill, BlockBillType } from '../types/billing.ts';
import { ECONOMY_SYSTEM_RECEIPTS } from '../types/operations/economy-receipts.ts';
import type { SystemReceipt } from '../types/receipt.ts';
import { decode, encode } from '../types/ssz.ts';
import { readSystemReceipt } from '../types/system-receipt.ts';
import { corrupt, readable } from './errors.ts';
import type { BatchOperation, KeyValueStore } from './key-value.ts';
import { billingNodeKey, billingWindowKey, heightKey, readUint64, uint64 } from './keys.ts';

/** The charges of a block, with the nodes that it adds to the tree of its window. */
export interface StoredBill extends BlockBill {
  readonly nodes: readonly MerkleNode[];
}

/**
 * The lines of all bills, block by block, and the nodes of the trees that commit to them: what a node needs to prove a
 * line without reading the rest of its window.
 */
export class BillIndex {
  readonly #store: KeyValueStore;

  constructor(store: KeyValueStore) {
    this.#store = store;
  }

  /** What a block adds: its bill, if it has one, and the window that it closes, if its receipts say so. */
  operations(
    height: number,
    bill: StoredBill | undefined,
    systemReceipts: readonly SystemReceipt[],
  ): BatchOperation[] {
    const operations: BatchOperation[] = [];
    if (bill !== undefined) {
      const { window, nodes } = bill;
      operations.push({ type: 'put', key: heightKey('bill', height), value: encode(BlockBillType, bill) });
      for (const { level, position, hash } of nodes)
        operations.push({ type: 'put', key: billingNodeKey(window, level, position), value: hash });
    }
    for (const receipt of systemReceipts) {
      const commitment = readSystemReceipt(ECONOMY_SYSTEM_RECEIPTS.BillingCommitment, receipt);
      if (commitment !== undefined)
        operations.push({ type: 'put', key: billingWindowKey(commitment.window), value: uint64(height) });
    }
    return operations;
  }

  /** The charges of a block; undefined for one that has none. @throws NodeError STORE_CORRUPT */
  billOf(height: number): BlockBill | undefined {
    const bytes = this.#store.getSync(heightKey('bill', height));
    if (bytes === undefined) return undefined;
    return readable(`bill of block ${height}`, () => decode(BlockBillType, bytes, 'bill'));
  }

  /** Height of the block whose system receipts commit to a window. */
  closedAt(window: number): number | undefined {
    const value = this.#store.getSync(billingWindowKey(window));
    return value === undefined
      ? undefined
      : readable(`end of billing window ${window}`, () => readUint64(value));
  }

  /** A node of the tree over the billed blocks of a window. @throws NodeError STORE_CORRUPT */
  nodeAt(window: number, level: number, position: number): Uint8Array {
    const hash = this.#store.getSync(billingNodeKey(window, level, position));
    if (hash?.length !== 32) throw corrupt(`tree of billing window ${window}`, undefined);
    return hash;
  }
}
