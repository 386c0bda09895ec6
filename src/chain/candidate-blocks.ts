import type { Hash } from '../types/ssz.ts';
import { LIMITS } from '../util/limits.ts';
import type { BlockFault } from './block-fault.ts';
import type { CompleteBlock } from './complete-block.ts';
import type { ExecutedBlock } from './execute.ts';

/** A block above the head, and what this node has found out about it so far. */
export interface CandidateBlock {
  readonly complete: CompleteBlock;
  fault: BlockFault | undefined;
  executed: ExecutedBlock | undefined;
  /** Whether its transactions are signed, where that was asked before its turn. */
  signed?: Promise<boolean>;
}

/** The blocks under consideration above the head, with what executing them came to. */
export class CandidateBlocks {
  readonly #byHash = new Map<Hash, CandidateBlock>();

  get(hash: Hash): CandidateBlock | undefined {
    return this.#byHash.get(hash);
  }

  /**
   * Remembers a block. The one that was not heard of for longest makes room, executed or not: a block that the
   * validators hold on to is proposed again and again.
   */
  add(complete: CompleteBlock): void {
    const known = this.#byHash.get(complete.hash);
    this.#byHash.delete(complete.hash);
    this.#byHash.set(complete.hash, known ?? { complete, fault: undefined, executed: undefined });
    for (const [hash, oldest] of this.#byHash) {
      if (this.#byHash.size <= LIMITS.maxCandidateBlocks) break;
      this.#byHash.delete(hash);
      oldest.executed?.view.discard();
    }
  }

  /** Keeps the outcome of executing a block; gives its memory back if the block has made room, or has another one. */
  keep(hash: Hash, executed: ExecutedBlock): void {
    const candidate = this.#byHash.get(hash);
    if (candidate === undefined || candidate.executed !== undefined) executed.view.discard();
    else candidate.executed = executed;
  }

  /** Lets go of all blocks; `committed` is part of the state now, the others are of no use. */
  clear(committed: ExecutedBlock): void {
    for (const { executed } of this.#byHash.values())
      if (executed !== undefined && executed !== committed) executed.view.discard();
    this.#byHash.clear();
  }
}
