import type { BlockFacts } from '../ledger/begin-block.ts';
import type { Genesis } from '../types/genesis.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import type { ValidatorSet } from '../types/validator.ts';

/** What a block is checked against: the state of the chain below it. */
export interface ParentFacts {
  readonly genesis: Genesis;
  readonly genesisHash: Hash;
  readonly height: number;
  readonly hash: Hash;
  readonly timeMs: number;
  readonly beacon: Hash;
  /** V(height + 1) and V(height + 2). */
  readonly validators: ValidatorSet;
  readonly nextValidators: ValidatorSet;
}

/** What the ledgers are told of the block above a parent. */
export function blockFacts(parent: ParentFacts): BlockFacts {
  const { genesis, genesisHash } = parent;
  return { height: parent.height + 1, timeMs: parent.timeMs, genesis, genesisHash };
}
