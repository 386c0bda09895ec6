import type { MethodResult } from '../rpc/schema/methods.ts';
import { sumLines } from '../types/billing.ts';
import { NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import type { Client } from './client.ts';

type BillPage = MethodResult<'economy_getBill'>;

/** All pages of a bill together. */
export type FetchedBill = Omit<BillPage, 'nextCursor'>;

export type BillErrorCode = 'BILL_TOO_LARGE' | 'BILL_NOT_CLOSED' | 'BILL_EMPTY';

/**
 * The whole bill of a payer, page by page; `window` undefined means the open one.
 * @throws NodeError BILL_TOO_LARGE with more lines than a bill may have, or the reason that the node gave
 */
export async function fetchBill(client: Client, payer: string, window?: number): Promise<FetchedBill> {
  const limit = LIMITS.maxPageItems;
  const wanted = window === undefined ? {} : { window };
  const { nextCursor, ...first } = await client.call('economy_getBill', { payer, limit, ...wanted });
  const items = [...first.items];
  let { toHeight } = first;
  for (let cursor = nextCursor; cursor !== null; ) {
    if (items.length > LIMITS.maxLinesPerBill)
      throw new NodeError<BillErrorCode>('BILL_TOO_LARGE', `more than ${LIMITS.maxLinesPerBill} lines`);
    const page = await client.call('economy_getBill', { payer, limit, window: first.window, cursor });
    items.push(...page.items);
    ({ toHeight } = page);
    cursor = page.nextCursor;
  }
  const sums = sumLines(items.map(({ line }) => ({ class: line.class, amount: BigInt(line.amount) })));
  return {
    ...first,
    toHeight,
    items,
    sums: sums.map((sum) => ({ ...sum, amount: sum.amount.toString() })),
  };
}

/**
 * The content of a bill file, which verify-bill.ts checks.
 * @throws NodeError BILL_NOT_CLOSED, BILL_EMPTY
 */
export function billFileOf({ payer, window, commitment, items }: FetchedBill): unknown {
  if (commitment === null)
    throw new NodeError<BillErrorCode>(
      'BILL_NOT_CLOSED',
      `window ${window} is open, so nothing is committed to`,
      {
        hint: 'ask for an earlier window',
      },
    );
  if (items.length === 0)
    throw new NodeError<BillErrorCode>(
      'BILL_EMPTY',
      `nothing was charged to the address in window ${window}`,
    );
  return {
    payer,
    window: commitment.proof,
    lines: items.map(({ line, path }) => ({ line, ...path })),
  };
}
