import type { State } from '../ledger/state/state.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import type { CandidateBlock } from './candidate-blocks.ts';
import type { ExecutedBlock } from './execute.ts';
import type { ParentFacts } from './parent-facts.ts';
import { SectionGround } from './section-ground.ts';

/** The grounds for sections: above the head, and above the block that will perhaps be the next one. */
export class Grounds {
  readonly #state: State;
  #onHead: SectionGround | undefined;
  #ahead: SectionGround | undefined;

  constructor(state: State) {
    this.#state = state;
  }

  /** The ground above the head, of which `facts` speak. */
  onHead(facts: ParentFacts): SectionGround {
    if (this.#onHead?.parent.hash !== facts.hash) this.#onHead = new SectionGround(facts, this.#state);
    return this.#onHead;
  }

  /** The ground above an executed candidate. There is one at a time: asking for another one lets go of this one. */
  above(hash: Hash, { complete, executed }: CandidateBlock, head: ParentFacts): SectionGround | undefined {
    if (executed === undefined) return undefined;
    if (this.#ahead?.base === executed.view) return this.#ahead;
    this.#ahead?.discard();
    const { height, timeMs, beacon } = complete.block.header;
    const { genesis, genesisHash } = head;
    const { validators, nextValidators } = executed;
    const facts = {
      genesis,
      genesisHash,
      height,
      hash,
      timeMs,
      beacon: beacon.output,
      validators,
      nextValidators,
    };
    this.#ahead = new SectionGround(facts, executed.view);
    return this.#ahead;
  }

  /** The head moves on to this block. One ahead that stands on another block, or on another execution of it, is of no use. */
  advance(committed: ExecutedBlock): void {
    this.#onHead?.discard();
    const isAhead = this.#ahead?.base === committed.view;
    if (!isAhead) this.#ahead?.discard();
    this.#onHead = isAhead ? this.#ahead : undefined;
    this.#ahead = undefined;
  }
}
