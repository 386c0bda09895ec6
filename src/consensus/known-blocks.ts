import type { Address, Hash } from '../types/ssz-bytes.ts';
import { LIMITS } from '../util/limits.ts';
import type { ConsensusEffect, ProposedBlock } from './contract.ts';

/** `postponed`: the host could not tell; asked again with the next re-send. */
type CheckState = 'unchecked' | 'checking' | 'postponed' | 'valid' | 'invalid';

/** `absent`: the block itself is not here. `pending`: an answer of the host is due. */
export type Validity = 'absent' | 'pending' | 'valid' | 'invalid';

interface KnownBlock {
  readonly block: ProposedBlock;
  check: CheckState;
  /** The last or present check was one without the rules that tie proposer and time to the present round. */
  asReproposal: boolean;
}

/**
 * The blocks under consideration at one height and what the host says of them. Asking is idempotent: the rules ask
 * whenever they run, the host is asked once.
 */
export class KnownBlocks {
  readonly #height: number;
  readonly #emit: (effect: ConsensusEffect) => void;
  readonly #blocks = new Map<Hash, KnownBlock>();
  readonly #fetching = new Set<Hash>();

  constructor(height: number, emit: (effect: ConsensusEffect) => void) {
    this.#height = height;
    this.#emit = emit;
  }

  get(blockHash: Hash): ProposedBlock | undefined {
    return this.#blocks.get(blockHash)?.block;
  }

  isValid(blockHash: Hash): boolean {
    return this.#blocks.get(blockHash)?.check === 'valid';
  }

  /** A block whose hash and body have been compared with its header. Blocks the own host has built are valid. */
  add(block: ProposedBlock, isOwn = false): void {
    const known = this.#blocks.get(block.hash);
    if (known === undefined) {
      const check = isOwn ? 'valid' : 'unchecked';
      this.#blocks.set(block.hash, { block, check, asReproposal: false });
    }
    this.#fetching.delete(block.hash);
  }

  isFetching(blockHash: Hash): boolean {
    return this.#fetching.has(blockHash);
  }

  /** What is known of a block, asking the host to validate it where that is still open. */
  validity(blockHash: Hash, reproposal: boolean): Validity {
    const known = this.#blocks.get(blockHash);
    if (known === undefined) return 'absent';
    if (known.check === 'valid') return 'valid';
    const isFinal = known.check === 'invalid' && (known.asReproposal || !reproposal);
    if (isFinal) return 'invalid';
    if (known.check === 'unchecked' || known.check === 'invalid') {
      known.check = 'checking';
      known.asReproposal = reproposal;
      this.#emit({ kind: 'validate-block', height: this.#height, block: known.block, reproposal });
    }
    return 'pending';
  }

  /** The same for a block that must be had: fetched from validators that vouched for it where it is absent. */
  require(blockHash: Hash, from: readonly Address[]): Validity {
    const validity = this.validity(blockHash, true);
    if (validity === 'absent' && !this.#fetching.has(blockHash)) {
      this.#fetching.add(blockHash);
      this.#emit({ kind: 'fetch-block', height: this.#height, blockHash, from });
    }
    return validity;
  }

  /** Whether a block may still turn out valid as a re-proposal. Asks nobody. */
  isUsable(blockHash: Hash): boolean {
    const known = this.#blocks.get(blockHash);
    return known === undefined || known.check !== 'invalid' || !known.asReproposal;
  }

  /** Takes the host's answer; false if nobody asked for it. */
  answer(blockHash: Hash, verdict: 'valid' | 'invalid' | 'undetermined'): boolean {
    const known = this.#blocks.get(blockHash);
    if (known?.check !== 'checking') return false;
    known.check = verdict === 'undetermined' ? 'postponed' : verdict;
    return true;
  }

  /** Lets fetches without a result and undetermined validations be asked for again. */
  retry(): void {
    this.#fetching.clear();
    for (const known of this.#blocks.values()) if (known.check === 'postponed') known.check = 'unchecked';
  }

  /** Forgets the oldest blocks beyond the bound that nothing refers to. */
  prune(isReferenced: (blockHash: Hash) => boolean): void {
    for (const blockHash of this.#blocks.keys()) {
      if (this.#blocks.size <= LIMITS.maxUndecidedBlocks) return;
      if (!isReferenced(blockHash)) this.#blocks.delete(blockHash);
    }
  }
}
