import { LEDGERS, type LedgerName } from '../types/names.ts';

/** What the page shows. It stands behind the `#` of the address, so that every view has one. */
export type Route =
  | { readonly view: 'overview' }
  | { readonly view: 'gossip' }
  | { readonly view: 'consensus' }
  | { readonly view: 'mempool' }
  | { readonly view: 'ledgers'; readonly ledger: LedgerName | undefined }
  | { readonly view: 'block'; readonly height: number }
  | { readonly view: 'transaction'; readonly txId: string }
  | { readonly view: 'mining' }
  | { readonly view: 'peers' }
  | { readonly view: 'console'; readonly method: string | undefined };

const PLAIN = ['overview', 'gossip', 'consensus', 'mempool', 'mining', 'peers'] as const;

/** The route of `#/…`; what is no route leads to the overview. */
export function parseRoute(hash: string): Route {
  const [view = '', argument] = hash.replace(/^#\/?/, '').split('/');
  const plain = PLAIN.find((name) => name === view);
  if (plain !== undefined) return { view: plain };
  if (view === 'ledgers') return { view, ledger: LEDGERS.find((name) => name === argument) };
  if (view === 'console')
    return { view, method: /^[\w.]{1,64}$/.test(argument ?? '') ? argument : undefined };
  if (view === 'block' && /^\d{1,15}$/.test(argument ?? '')) return { view, height: Number(argument) };
  if (view === 'transaction' && /^0x[0-9a-f]{64}$/.test(argument ?? ''))
    return { view, txId: argument as string };
  return { view: 'overview' };
}

/** The address of a route, from its `#` on. */
export function hashOf(route: Route): string {
  switch (route.view) {
    case 'ledgers':
      return route.ledger === undefined ? '#/ledgers' : `#/ledgers/${route.ledger}`;
    case 'block':
      return `#/block/${route.height}`;
    case 'transaction':
      return `#/transaction/${route.txId}`;
    case 'console':
      return route.method === undefined ? '#/console' : `#/console/${route.method}`;
    default:
      return `#/${route.view}`;
  }
}

/** Where a search leads: a height, or the id of a transaction. Undefined for anything else. */
export function routeOfSearch(text: string): Route | undefined {
  const wanted = text.trim().toLowerCase();
  if (/^\d{1,15}$/.test(wanted)) return { view: 'block', height: Number(wanted) };
  const hex = wanted.replace(/^0x/, '');
  return /^[0-9a-f]{64}$/.test(hex) ? { view: 'transaction', txId: `0x${hex}` } : undefined;
}
