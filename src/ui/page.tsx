import type { ComponentChild } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Navigation } from './parts/navigation.tsx';
import { StatusBar } from './parts/status-bar.tsx';
import { parseRoute, type Route } from './route.ts';
import { BlockView } from './views/block.tsx';
import { ConsensusView } from './views/consensus.tsx';
import { ConsoleView } from './views/console.tsx';
import { GossipView } from './views/gossip.tsx';
import { LedgersView } from './views/ledgers.tsx';
import { MempoolView } from './views/mempool.tsx';
import { MiningView } from './views/mining.tsx';
import { Overview } from './views/overview.tsx';
import { PeersView } from './views/peers.tsx';
import { TransactionView } from './views/transaction.tsx';

function viewOf(route: Route): ComponentChild {
  switch (route.view) {
    case 'ledgers':
      return <LedgersView ledger={route.ledger} />;
    case 'block':
      return <BlockView height={route.height} />;
    case 'transaction':
      return <TransactionView txId={route.txId} />;
    case 'overview':
      return <Overview />;
    case 'gossip':
      return <GossipView />;
    case 'consensus':
      return <ConsensusView />;
    case 'mempool':
      return <MempoolView />;
    case 'mining':
      return <MiningView />;
    case 'peers':
      return <PeersView />;
    case 'console':
      return <ConsoleView method={route.method} />;
  }
}

/** The whole page: where one is, how the node is, and one view. */
export function Page() {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    const follow = () => {
      setRoute(parseRoute(location.hash));
      main.current?.scrollTo(0, 0);
      // Whoever listens to the page hears the new view, and goes on from its beginning.
      main.current?.focus({ preventScroll: true });
    };
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to content
      </button>
      <Navigation view={route.view} />
      <StatusBar />
      <main id="main" ref={main} tabIndex={-1} data-view={route.view}>
        {viewOf(route)}
      </main>
    </div>
  );
}
