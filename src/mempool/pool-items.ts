import type { ContentFilter, PoolItem, PoolPage, PoolState } from './contract.ts';
import type { PoolEntry } from './lane.ts';

/** What the pool shows of its entries. */

export function stateOf(entry: PoolEntry): PoolState {
  return entry.lane.isExecutable(entry) ? 'pooled' : 'queued';
}

export function itemOf(entry: PoolEntry): PoolItem {
  const { transaction, origin, arrivedMs } = entry;
  return { transaction, origin, arrivedMs, state: stateOf(entry) };
}

/**
 * Of entries in order of arrival those that match, as many as a page holds; `cursor` is the `nextCursor` of the page
 * before.
 */
export function pageOf(
  entries: Iterable<PoolEntry>,
  filter: ContentFilter,
  page: { readonly limit: number; readonly cursor?: number },
): PoolPage {
  const items: PoolItem[] = [];
  const from = page.cursor ?? 0;
  for (const entry of entries) {
    if (entry.arrival < from || !matches(entry, filter)) continue;
    if (items.length >= page.limit) return { items, nextCursor: entry.arrival };
    items.push(itemOf(entry));
  }
  return { items, nextCursor: undefined };
}

function matches(entry: PoolEntry, filter: ContentFilter): boolean {
  const { lane } = entry;
  return (
    (filter.ledger === undefined || filter.ledger === lane.ledger) &&
    (filter.sender === undefined || filter.sender === lane.sender) &&
    (filter.state === undefined || filter.state === stateOf(entry))
  );
}
