import { type Block, decodeBlock } from '../src/types/block.ts';
import { type Certificate, CertificateType } from '../src/types/certificate.ts';
import { type Genesis, GenesisType } from '../src/types/genesis.ts';
import { type BlockReceipts, BlockReceiptsType } from '../src/types/receipt.ts';
import { decode, fromJson } from '../src/types/ssz.ts';
import { fromHex } from '../src/util/bytes.ts';
import type { NodeRpc } from './rpc.ts';

/** A block as a node gives it away: bytes as they are stored, decoded here. */
export interface ExportedBlock {
  readonly height: number;
  readonly block: Block;
  readonly certificate: Certificate;
  readonly receipts: BlockReceipts;
}

export async function exportGenesis(node: NodeRpc): Promise<Genesis> {
  const { genesis } = await node.call('chain_getGenesis');
  return fromJson(GenesisType, genesis, 'genesis');
}

/** All blocks from `from` to `to`, one at a time. */
export async function* exportBlocks(node: NodeRpc, from: number, to: number): AsyncGenerator<ExportedBlock> {
  for (let height = from; height <= to; height++) {
    const raw = await node.call('chain_getRawBlock', { height });
    const bytes = (hex: string) => fromHex(hex.slice(2));
    yield {
      height,
      block: decodeBlock(bytes(raw.block)),
      certificate: decode(CertificateType, bytes(raw.certificate), 'certificate'),
      receipts: decode(BlockReceiptsType, bytes(raw.receipts), 'receipts'),
    };
  }
}
