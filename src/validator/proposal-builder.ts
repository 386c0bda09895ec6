import type { BlockProducer } from '../chain/build-block.ts';
import type { Chain } from '../chain/chain.ts';
import type { CompleteBlock } from '../chain/complete-block.ts';

/** Builds this validator's proposals, and refuses to start one that is already out of date. */
export class ProposalBuilder {
  readonly #chain: Chain;
  readonly #producer: BlockProducer;

  constructor(chain: Chain, producer: BlockProducer) {
    this.#chain = chain;
    this.#producer = producer;
  }

  /** The complete block, also known to the chain as a candidate; undefined if the height is over. */
  build(height: number): CompleteBlock | undefined {
    if (height !== this.#chain.head.height + 1) return undefined;
    return this.#chain.build(this.#producer);
  }
}
