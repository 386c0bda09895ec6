import { type Client, createClient } from '../src/client/client.ts';
import { LIMITS } from '../src/util/limits.ts';
import type { TestnetNode } from './directory.ts';

/** One node as it is seen from outside. */
export interface NodeRpc extends Client {
  /** Name of the node in testnet.json. */
  readonly name: string;
}

export function connectNode({ name, rpc }: Pick<TestnetNode, 'name' | 'rpc'>): NodeRpc {
  return { ...createClient(rpc), name };
}

/** All receipts of a block, page by page. */
export async function* receiptsOf(node: NodeRpc, height: number) {
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof loadPage>> = await loadPage(node, height, cursor);
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== null);
}

async function loadPage(node: NodeRpc, height: number, cursor: string | null) {
  return await node.call('chain_getReceipts', { height, limit: LIMITS.maxPageItems, cursor });
}
