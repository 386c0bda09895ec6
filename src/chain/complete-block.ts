import { type Block, encodeBlock, hashHeader } from '../types/block.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import { decodeTransaction, type EncodedTransaction } from '../types/transaction.ts';

/** A block with its transactions decoded: what can be executed. One list of transactions per ledger, in order. */
export interface CompleteBlock {
  readonly hash: Hash;
  readonly block: Block;
  readonly transactions: readonly (readonly EncodedTransaction[])[];
}

const encodings = new WeakMap<CompleteBlock, Uint8Array>();

/** The encoding of a block, made once: its size is checked, the journal keeps it, and the store writes it. */
export function blockBytes(complete: CompleteBlock): Uint8Array {
  let bytes = encodings.get(complete);
  if (bytes === undefined) {
    bytes = encodeBlock(complete.block);
    encodings.set(complete, bytes);
  }
  return bytes;
}

/**
 * Decodes the transactions of a block. Their signatures are not checked here. `bytes`: what the block was decoded from.
 * @throws NodeError of `decodeTransaction`
 */
export function completeBlock(block: Block, bytes?: Uint8Array): CompleteBlock {
  const complete = {
    hash: hashHeader(block.header),
    block,
    transactions: block.transactions.map((list) => list.map(decodeTransaction)),
  };
  if (bytes !== undefined) encodings.set(complete, bytes);
  return complete;
}
