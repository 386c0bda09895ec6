import type { BlockHeader } from '../types/block.ts';
import type { Certificate } from '../types/certificate.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
import type { ValidatorSet } from '../types/validator.ts';

/** The last committed block, or genesis at height 0, whose "hash" is the genesis hash. */
export interface ChainHead {
  readonly height: number;
  readonly hash: Hash;
  readonly timeMs: number;
  readonly proposer: Address | undefined;
  readonly header: BlockHeader | undefined;
  readonly certificate: Certificate | undefined;
}

/** Where a chain stands: its head, and what the next block follows from besides the state. */
export interface ChainPosition {
  readonly head: ChainHead;
  readonly beacon: Hash;
  /** V(head), V(head + 1), V(head + 2). */
  readonly previousValidators: ValidatorSet;
  readonly validators: ValidatorSet;
  readonly nextValidators: ValidatorSet;
  readonly hasPendingWork: boolean;
}
