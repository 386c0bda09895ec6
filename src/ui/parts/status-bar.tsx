import { useState } from 'preact/hooks';
import type { LinkState } from '../../client/subscriptions.ts';
import { age, grouped, shortened } from '../format.ts';
import { useNode } from '../live/node.ts';
import { useStore } from '../live/store.ts';
import { useCall } from '../live/use-call.ts';
import { useNow } from '../live/use-now.ts';
import { hashOf, routeOfSearch } from '../route.ts';

/** Which node this is, whether the page hears it, and the search. */
export function StatusBar() {
  const { socket, feed } = useNode();
  const link = useStore(socket.state);
  const heads = useStore(feed.heads);
  const { data: info } = useCall('admin_nodeInfo', {}, { everyMs: 30_000 });
  return (
    <header class="status-bar">
      <LinkBadge link={link} />
      <span class="status-node">
        <strong>{info?.name ?? '–'}</strong>
        <span class="dim">{info === undefined ? '' : `${info.role} · chain ${info.chainId}`}</span>
      </span>
      <span class="status-height">
        <span class="dim">height</span>{' '}
        <strong data-testid="height">{grouped(heads.at(-1)?.height ?? 0)}</strong>
      </span>
      <span class="dim status-genesis" title={info?.genesisHash}>
        genesis {info === undefined ? '–' : shortened(info.genesisHash, 10, 4)}
      </span>
      <Search />
    </header>
  );
}

const LINK_TEXTS = { connecting: 'Connecting', live: 'Live', disconnected: 'Disconnected' } as const;

function LinkBadge({ link }: { link: LinkState }) {
  const now = useNow(1_000);
  return (
    <output class="link-badge" data-state={link.kind} aria-live="polite">
      <i aria-hidden="true" />
      {LINK_TEXTS[link.kind]}
      {link.kind === 'disconnected' && <span class="link-since">{age(now - link.sinceMs)}</span>}
    </output>
  );
}

function Search() {
  const [wrong, setWrong] = useState(false);
  const search = (event: SubmitEvent) => {
    event.preventDefault();
    const field = (event.currentTarget as HTMLFormElement).elements.namedItem('wanted') as HTMLInputElement;
    const route = routeOfSearch(field.value);
    setWrong(route === undefined);
    if (route === undefined) return;
    location.hash = hashOf(route);
    field.value = '';
  };
  return (
    <search>
      <form onSubmit={search}>
        <input
          name="wanted"
          type="search"
          placeholder="Height or transaction id"
          aria-label="Search by height or transaction id"
          aria-invalid={wrong}
          autocomplete="off"
          spellcheck={false}
          onInput={() => setWrong(false)}
        />
        {wrong && <output class="search-wrong">neither a height nor 64 hex digits</output>}
      </form>
    </search>
  );
}
