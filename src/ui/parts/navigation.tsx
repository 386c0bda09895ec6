import { useStore } from '../live/store.ts';
import { hashOf, type Route } from '../route.ts';
import { THEMES, theme } from '../theme.ts';

/** The entries of the navigation; a view without one belongs to the entry that it names in `also`. */
const ENTRIES: readonly {
  readonly route: Route;
  readonly name: string;
  readonly also?: readonly Route['view'][];
  readonly icon: string;
}[] = [
  { route: { view: 'overview' }, name: 'Overview', icon: 'M3 12h4l3-7 4 14 3-7h4' },
  {
    route: { view: 'gossip' },
    name: 'Gossip',
    icon: 'M12 5 5 18m7-13 7 13M5 18h14M12 5v.01M5 18v.01M19 18v.01',
  },
  {
    route: { view: 'consensus' },
    name: 'Consensus',
    icon: 'M4 4h6v6H4zm10 0h6v6h-6zM4 14h6v6H4zm10 3 2 2 4-4',
  },
  { route: { view: 'mempool' }, name: 'Mempool', icon: 'M4 6h16M4 12h11M4 18h6' },
  {
    route: { view: 'ledgers', ledger: undefined },
    name: 'Ledgers',
    also: ['block', 'transaction'],
    icon: 'M5 4h14v4H5zm0 6h14v4H5zm0 6h14v4H5z',
  },
  { route: { view: 'mining' }, name: 'Mining', icon: 'M4 20 14 10M9 5c4-1 9 2 10 10M9 5l2 2m8 8-2-2' },
  {
    route: { view: 'peers' },
    name: 'Peers',
    icon: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zm-5 8c0-6 10-6 10 0m2-13a3 3 0 0 1 0 5m2 2c3 0 4 3 4 6',
  },
  { route: { view: 'console', method: undefined }, name: 'RPC console', icon: 'm4 7 5 5-5 5m8 0h8' },
];

export function Navigation({ view }: { view: Route['view'] }) {
  const chosen = useStore(theme);
  return (
    <nav class="navigation" aria-label="Views">
      <a class="brand" href="#/overview">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path d="M16 5 27 13 23 26H9L5 13Zm0 0 7 21L5 13h22L9 26Z" />
        </svg>
        Metanode
      </a>
      <ul>
        {ENTRIES.map(({ route, name, also = [], icon }) => (
          <li key={name}>
            <a
              href={hashOf(route)}
              aria-current={view === route.view || also.includes(view) ? 'page' : undefined}
            >
              <svg viewBox="0 0 24 24" aria-hidden="true">
                <path d={icon} />
              </svg>
              {name}
            </a>
          </li>
        ))}
      </ul>
      <fieldset class="segments">
        <legend>Colours</legend>
        {THEMES.map((name) => (
          <label key={name}>
            <input type="radio" name="theme" checked={chosen === name} onChange={() => theme.set(name)} />
            <span>{name}</span>
          </label>
        ))}
      </fieldset>
    </nav>
  );
}
