import type { Address, Hash } from '../types/ssz-bytes.ts';
import { LIMITS } from '../util/limits.ts';
import type { BlockFault } from './block-fault.ts';
import { blockBytes, type CompleteBlock } from './complete-block.ts';

/** A candidate that this node refused. Of one whose body is not the one of its header, only the hash is certain. */
export interface BadBlock {
  readonly height: number;
  readonly hash: Hash;
  /** Whom the header names; who sent the block may be somebody else. */
  readonly proposer: Address;
  readonly reason: BlockFault;
  readonly transactions: number;
  readonly bytes: number;
  /** How often it was refused for this reason. */
  readonly times: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

/** The last refused blocks. Each stands there once per reason, however often it comes. */
export class BadBlocks {
  readonly #entries = new Map<string, BadBlock>();

  note(complete: CompleteBlock, reason: BlockFault, atMs: number): void {
    const { hash, block, transactions } = complete;
    const key = `${hash} ${reason}`;
    const known = this.#entries.get(key);
    this.#entries.delete(key);
    this.#entries.set(key, {
      height: block.header.height,
      hash,
      proposer: block.header.proposer,
      reason,
      transactions: transactions.reduce((sum, list) => sum + list.length, 0),
      bytes: known?.bytes ?? blockBytes(complete).length,
      times: (known?.times ?? 0) + 1,
      firstAtMs: known?.firstAtMs ?? atMs,
      lastAtMs: atMs,
    });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= LIMITS.maxBadBlocks) break;
      this.#entries.delete(oldest);
    }
  }

  /** Newest first. */
  list(): BadBlock[] {
    return [...this.#entries.values()].reverse();
  }
}
