import { type Block, hashHeader } from '../types/block.ts';
import type { Hash } from '../types/ssz.ts';
import { decodeTransaction, type EncodedTransaction } from '../types/transaction.ts';

/** A block with its transactions decoded: what can be executed. One list of transactions per ledger, in order. */
export interface CompleteBlock {
  readonly hash: Hash;
  readonly block: Block;
  readonly transactions: readonly (readonly EncodedTransaction[])[];
}

/**
 * Decodes the transactions of a block. Their signatures are not checked here.
 * @throws NodeError of `decodeTransaction`
 */
export function completeBlock(block: Block): CompleteBlock {
  return {
    hash: hashHeader(block.header),
    block,
    transactions: block.transactions.map((list) => list.map(decodeTransaction)),
  };
}
