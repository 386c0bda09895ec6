import { ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { LIMITS } from '../util/limits.ts';
import { LEDGERS } from './names.ts';
import { Bytes } from './ssz-bytes.ts';

/**
 * The proof items of one block, encoded, one per transaction and in five lists in ledger order. A receipt commits to
 * its item by `proofCommitment`, a section's proof to all items by their root; what neither holds is the item itself,
 * which needs the state before the block to be made again. So who executes a block keeps them.
 */
export const BlockProofItemsType = new ListCompositeType(
  new ListCompositeType(Bytes(LIMITS.maxProofItemBytes), LIMITS.maxTransactionsPerSection),
  LEDGERS.length,
);
export type BlockProofItems = ValueOf<typeof BlockProofItemsType>;
