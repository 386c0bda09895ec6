import { rpcError } from './errors.ts';
import type { ChainPort, StoredBlock } from './ports/chain.ts';
import type { BlockSelector } from './schema/params.ts';
import { hash0x } from './text-forms.ts';

/** The height that a caller means; without a selector the head. @throws NodeError BLOCK_NOT_FOUND */
export async function selectHeight(
  chain: ChainPort,
  selector: { readonly height?: BlockSelector | undefined; readonly hash?: string | undefined },
): Promise<number> {
  if (selector.height !== undefined && selector.hash !== undefined)
    throw rpcError('INVALID_PARAMS', 'params.hash: give height or hash, not both', {
      data: { path: 'params.hash' },
    });
  const wanted = selector.hash ?? selector.height ?? 'latest';
  if (wanted === 'latest' || wanted === 'finalized') return chain.head().height;
  if (wanted === 'earliest') return chain.lowestHeight();
  if (typeof wanted === 'number') {
    if (wanted > chain.head().height)
      throw rpcError('BLOCK_NOT_FOUND', `there is no block ${wanted} yet`, {
        data: { height: wanted, head: chain.head().height },
        hint: 'chain_getFinalizedHead has the height of the head',
      });
    return wanted;
  }
  const height = await chain.heightOfHash(wanted);
  if (height === undefined)
    throw rpcError('BLOCK_NOT_FOUND', `this node knows no block ${hash0x(wanted)}`, {
      data: { hash: wanted },
    });
  return height;
}

/** Why a height between genesis and the head has no block here. */
export function missingBlock(chain: ChainPort, height: number): Error {
  if (height === 0)
    return rpcError('BLOCK_NOT_FOUND', 'height 0 is genesis, which is no block', {
      hint: 'see chain_getGenesis',
    });
  if (height < chain.lowestHeight())
    return rpcError('PRUNED', `block ${height} is not kept any more`, {
      data: { lowestHeight: chain.lowestHeight() },
      hint: `the lowest height kept is ${chain.lowestHeight()}`,
    });
  return rpcError('BLOCK_NOT_FOUND', `there is no block ${height}`, { data: { height } });
}

/** Why there is no receipt, and nothing to prove, of a transaction; `data` tells what more is known. */
export function notInBlock(txId: string, data: Readonly<Record<string, unknown>> = {}): Error {
  return rpcError('RECEIPT_NOT_FOUND', `no block holds the transaction ${hash0x(txId)}`, {
    data: { txId, ...data },
    hint: 'tx_status says where the transaction is',
  });
}

/** The block that a caller means. @throws NodeError BLOCK_NOT_FOUND, PRUNED */
export async function selectBlock(
  chain: ChainPort,
  selector: { readonly height?: BlockSelector | undefined; readonly hash?: string | undefined },
): Promise<StoredBlock> {
  const height = await selectHeight(chain, selector);
  const block = height < 1 ? undefined : await chain.block(height);
  if (block === undefined) throw missingBlock(chain, height);
  return block;
}
