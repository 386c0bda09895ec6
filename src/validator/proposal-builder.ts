import type { BlockProducer } from '../chain/build-block.ts';
import type { Chain } from '../chain/chain.ts';
import type { CompleteBlock } from '../chain/complete-block.ts';
import type { Clock } from '../util/clock.ts';
import { BlockBudget } from './block-budget.ts';

/** Builds this validator's proposals, and refuses to start one that is already out of date. */
export class ProposalBuilder {
  readonly #chain: Chain;
  readonly #producer: BlockProducer;
  readonly #budget: BlockBudget;

  constructor(chain: Chain, producer: BlockProducer, options: { baseTimeoutMs: number; clock: Clock }) {
    this.#chain = chain;
    this.#producer = producer;
    this.#budget = new BlockBudget(options.baseTimeoutMs);
    chain.onCommitted(({ block }) => {
      const count = block.transactions.reduce((sum, list) => sum + list.length, 0);
      this.#budget.observe(count, options.clock.wallMs() - block.header.timeMs);
    });
  }

  /** The complete block, also known to the chain as a candidate; undefined if the height is over. */
  build(height: number): CompleteBlock | undefined {
    if (height !== this.#chain.head.height + 1) return undefined;
    return this.#chain.build(this.#producer, this.#budget.transactions);
  }
}
