import type { CompleteBlock } from '../../src/chain/complete-block.ts';
import type { Operation } from '../../src/types/transaction.ts';
import type { ExportedBlock } from '../../testnet/second-checker-export.ts';
import { type ChainNode, ChainWorld } from './chain.ts';

/** A chain of one node whose blocks are read as a checker from outside would. */
export class ExportedChain {
  readonly world: ChainWorld;
  readonly node: ChainNode;
  /** The last block, before it was stored. */
  #last: CompleteBlock | undefined;

  private constructor(world: ChainWorld, node: ChainNode) {
    this.world = world;
    this.node = node;
  }

  static async open(): Promise<ExportedChain> {
    const world = new ChainWorld();
    return new ExportedChain(world, await world.open());
  }

  get last(): CompleteBlock {
    if (this.#last === undefined) throw new Error('no block yet');
    return this.#last;
  }

  /** A block with one transaction of Alice for each list of operations of the economy. */
  async block(...transactions: readonly (readonly Operation[])[]): Promise<ExportedBlock> {
    const { chain, pool } = this.node;
    const { alice } = this.world;
    let nonce = pool.mempool.nextNonce('economy', alice.address);
    for (const operations of transactions)
      await pool.submit(this.world.sign(alice, nonce++, operations).bytes);
    this.#last = await this.world.extend(this.node);
    return this.exported(chain.head.height);
  }

  exported(height: number): ExportedBlock {
    const stored = this.node.chain.history.block(height);
    if (stored === undefined) throw new Error(`no block ${height}`);
    const { block, certificate, receipts } = stored;
    return { height, block, certificate, receipts };
  }
}
