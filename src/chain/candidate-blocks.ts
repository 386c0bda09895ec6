import type { Hash } from '../types/ssz-bytes.ts';
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
  signed: Promise<boolean> | undefined;
  /** Whether a certificate of it was checked before its turn. */
  isDecided: boolean;
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
    this.#byHash.set(
      complete.hash,
      known ?? {
        complete,
        fault: undefined,
        executed: undefined,
        signed: undefined,
        isDecided: false,
      },
    );
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

  /** Whether one of these blocks is known to be the one that the validators have decided. */
  get hasDecided(): boolean {
    for (const { isDecided } of this.#byHash.values()) if (isDecided) return true;
    return false;
  }

  /**
   * Lets go of the blocks beside the new head; `committed` is part of the state now. What may follow it stays: of a late
   * node the next block is checked while this one is executed. Only what was executed or refused depends on the head.
   */
  advanceTo(height: number, committed: ExecutedBlock): void {
    for (const [hash, candidate] of this.#byHash) {
      const { complete, executed } = candidate;
      if (executed !== committed) executed?.view.discard();
      if (complete.block.header.height === height + 1)
        this.#byHash.set(hash, { ...candidate, fault: undefined, executed: undefined });
      else this.#byHash.delete(hash);
    }
  }
}
