import { useEffect, useRef, useState } from 'preact/hooks';
import { type Arrival, arrivalKey, arrivalsAfter } from './arrivals.ts';
import { useCall } from './use-call.ts';

const POLL_MS = 700;
const PER_POLL = 300;
const REMEMBERED = 1_000;

export interface ArrivalFeed {
  /** Newest first. */
  readonly arrivals: readonly Arrival[];
  /** What the last question brought, newest first. */
  readonly fresh: readonly Arrival[];
}

/** What the node hears from its neighbours, as it comes in; nothing new while it is paused. */
export function useArrivals(topic: string | undefined, paused: boolean): ArrivalFeed {
  const [feed, setFeed] = useState<ArrivalFeed>({ arrivals: [], fresh: [] });
  const lastKey = useRef<string>(undefined);
  const { data } = useCall(
    'gossip_recent',
    { limit: PER_POLL, ...(topic === undefined ? {} : { topic }) },
    { everyMs: POLL_MS, off: paused },
  );
  useEffect(() => {
    lastKey.current = undefined;
    setFeed({ arrivals: [], fresh: [] });
  }, [topic]);
  useEffect(() => {
    const newest = data?.items[0];
    if (data === undefined || newest === undefined) return;
    const first = lastKey.current === undefined;
    const fresh = arrivalsAfter(data.items, lastKey.current);
    lastKey.current = arrivalKey(newest);
    if (fresh.length === 0) return;
    // What was there before the page looked has not just come in.
    setFeed(({ arrivals }) => ({
      arrivals: [...fresh, ...arrivals].slice(0, REMEMBERED),
      fresh: first ? [] : fresh,
    }));
  }, [data]);
  return feed;
}
