import { LIMITS } from '../util/limits.ts';
import { rpcError } from './errors.ts';

/** A page ends early once its items make this much text, so that no page passes the bound of an answer. */
const MAX_PAGE_BYTES = LIMITS.maxRpcResponseBytes / 4;

export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string | null | undefined;
}

export interface Page<View> {
  items: View[];
  nextCursor: string | null;
  total: number;
}

/** The position that a cursor of `pageOf` names. @throws NodeError INVALID_PARAMS */
export function positionOf(cursor: string | null | undefined): number {
  if (cursor === null || cursor === undefined) return 0;
  if (!/^\d{1,15}$/.test(cursor))
    throw rpcError('INVALID_PARAMS', 'params.cursor: not a cursor of this method', {
      data: { path: 'params.cursor' },
      hint: 'use nextCursor of the page before, or none',
    });
  return Number(cursor);
}

/** One page of a list, made readable item by item. The cursor is the position of the next item. */
export function pageOf<Item, View>(
  items: readonly Item[],
  request: PageRequest,
  view: (item: Item) => View,
): Page<View> {
  const views: View[] = [];
  let position = positionOf(request.cursor);
  for (
    let bytes = 0;
    position < items.length && views.length < request.limit && bytes < MAX_PAGE_BYTES;
    position++
  ) {
    const next = view(items[position] as Item);
    bytes += JSON.stringify(next).length;
    views.push(next);
  }
  return { items: views, nextCursor: position < items.length ? String(position) : null, total: items.length };
}
