import { type Client, createClient } from '../../src/client/client.ts';
import type { NodeEntry } from './testnet.ts';

/** A section that holds transactions, as the RPC shows it. */
export interface MinedSectionView {
  readonly height: number;
  readonly ledger: string;
  readonly miner: string;
  readonly rank: number;
}

/** Who mined what in the blocks of a range of heights. */
export class MinedBlocks {
  /** Of each height in turn. */
  readonly blocks: readonly (readonly MinedSectionView[])[];

  private constructor(blocks: readonly (readonly MinedSectionView[])[]) {
    this.blocks = blocks;
  }

  static async read(node: NodeEntry, first: number, last: number): Promise<MinedBlocks> {
    const client = createClient(node.rpc);
    const blocks: MinedSectionView[][] = [];
    for (let height = first; height <= last; height++) blocks.push(await sectionsOf(client, height));
    return new MinedBlocks(blocks);
  }

  get sections(): readonly MinedSectionView[] {
    return this.blocks.flat();
  }
}

async function sectionsOf(client: Client, height: number): Promise<MinedSectionView[]> {
  const { sections } = await client.call('chain_getBlock', { height });
  return sections.flatMap(({ ledger, miner, rank, txCount }) =>
    txCount === 0 || miner === null ? [] : [{ height, ledger, miner, rank }],
  );
}
