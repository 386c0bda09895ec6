import type { LedgerName } from '../types/names.ts';
import { LIMITS } from '../util/limits.ts';
import { rpcError } from './errors.ts';
import type { ChainPort } from './ports/chain.ts';
import { candidatesOf, matching, type ReceiptPattern, type ReceiptView } from './receipt-matching.ts';

export interface ReceiptQuery extends Pick<ReceiptPattern, 'type' | 'address'> {
  readonly ledger?: LedgerName | undefined;
  readonly fromHeight?: number | undefined;
  readonly toHeight?: number | undefined;
  readonly limit: number;
  readonly cursor?: string | null | undefined;
}

interface Position {
  readonly height: number;
  readonly index: number;
}

/** `height.index` of the next receipt to look at. @throws NodeError INVALID_PARAMS */
export function blockPositionOf(cursor: string): Position {
  const match = /^(\d{1,15})\.(\d{1,9})$/.exec(cursor);
  if (match === null)
    throw rpcError('INVALID_PARAMS', 'params.cursor: not a cursor of this method', {
      data: { path: 'params.cursor' },
      hint: 'use nextCursor of the page before, or none',
    });
  return { height: Number(match[1]), index: Number(match[2]) };
}

/**
 * Looks through blocks upwards for receipts that fit. One call reads at most LIMITS.maxSearchedBlocks blocks and
 * gives way to other work between them; the cursor says where to go on, also when nothing was found so far.
 */
export async function searchReceipts(
  chain: ChainPort,
  query: ReceiptQuery,
  signal: AbortSignal,
): Promise<{ items: ReceiptView[]; nextCursor: string | null; scannedTo: number }> {
  const { ledger, type, address } = query;
  const pattern = { ledgers: ledger === undefined ? undefined : [ledger], type, address };
  const last = Math.min(query.toHeight ?? Number.MAX_SAFE_INTEGER, chain.head().height);
  const first = Math.max(query.fromHeight ?? 1, chain.lowestHeight(), 1);
  let { height, index } =
    typeof query.cursor === 'string' ? blockPositionOf(query.cursor) : { height: first, index: 0 };
  const stop = Math.min(last, height + LIMITS.maxSearchedBlocks - 1);
  const items: ReceiptView[] = [];
  const maxBytes = LIMITS.maxRpcResponseBytes / 4;
  for (let bytes = 0; height <= stop && !signal.aborted; height++, index = 0) {
    const block = height >= chain.lowestHeight() ? await chain.block(height) : undefined;
    if (block === undefined) continue;
    for (const candidate of candidatesOf(block).slice(index)) {
      if (items.length >= query.limit || bytes >= maxBytes)
        return { items, nextCursor: `${height}.${index}`, scannedTo: height };
      index++;
      const view = matching(candidate, pattern);
      if (view === undefined) continue;
      items.push(view);
      bytes += JSON.stringify(view).length;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { items, nextCursor: height <= last ? `${height}.0` : null, scannedTo: Math.min(height - 1, last) };
}
