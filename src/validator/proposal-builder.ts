import type { Chain } from '../chain/chain.ts';
import type { CompleteBlock } from '../chain/complete-block.ts';
import type { MinedSection } from '../chain/section-ground.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import type { BlockBudget } from './block-budget.ts';
import type { ValidatorKeys } from './validator-keys.ts';

/** Where the sections of elected miners come from. */
export interface SectionSource {
  /** The best sections for a height, once it is not worth to wait longer; none when the height is over. */
  collect(height: number): Promise<readonly MinedSection[]>;
}

export interface ProposalBuilderOptions {
  /** Without it the proposer mines all sections itself. */
  readonly sections?: SectionSource;
  readonly budget: BlockBudget;
  /** Sees to it that all have these transactions before a message that names them. */
  readonly reveal: (ids: readonly Hash[]) => void;
}

/** Builds this validator's proposals, and refuses to start one that is already out of date. */
export class ProposalBuilder {
  readonly #chain: Chain;
  readonly #keys: ValidatorKeys;
  readonly #options: ProposalBuilderOptions;

  constructor(chain: Chain, keys: ValidatorKeys, options: ProposalBuilderOptions) {
    this.#chain = chain;
    this.#keys = keys;
    this.#options = options;
  }

  /**
   * The complete block, also known to the chain as a candidate; undefined if the height is over.
   * @throws NodeError of the keys
   */
  async build(height: number): Promise<CompleteBlock | undefined> {
    const { sections, budget, reveal } = this.#options;
    const mined = (await sections?.collect(height)) ?? [];
    const producer = await this.#keys.at(height);
    if (height !== this.#chain.head.height + 1) return undefined;
    const complete = this.#chain.build(producer, budget.transactions, mined);
    reveal(complete.transactions.flat().map(({ id }) => id));
    return complete;
  }
}
