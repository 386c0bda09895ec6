import { useEffect, useState } from 'preact/hooks';
import { type Arrival, newArrivals } from './arrivals.ts';
import { useNode } from './node.ts';
import { useCall } from './use-call.ts';

/** What came within so long is shown at once. */
const SHOW_EVERY_MS = 250;
const REMEMBERED = 1_000;

export interface ArrivalFeed {
  /** Newest first. */
  readonly arrivals: readonly Arrival[];
  /** What has just come in, newest first. */
  readonly fresh: readonly Arrival[];
  /** Messages that passed and are not shown, because there were too many at a time. */
  readonly skipped: number;
}

const NOTHING: ArrivalFeed = { arrivals: [], fresh: [], skipped: 0 };

/** What the node hears from its neighbours, as it comes in; nothing new while it is paused. */
export function useArrivals(topic: string | undefined, paused: boolean): ArrivalFeed {
  const { socket } = useNode();
  const [feed, setFeed] = useState<ArrivalFeed>(NOTHING);
  const params = { limit: 100, ...(topic === undefined ? {} : { topic }) };
  const { data: before } = useCall('gossip_recent', params, { off: paused });
  useEffect(() => {
    // What was there before the page looked has not just come in.
    setFeed({ ...NOTHING, arrivals: before?.items ?? [] });
  }, [before]);
  useEffect(() => {
    if (paused) return;
    let heard: Arrival[] = [];
    let skipped = 0;
    const stop = socket.subscribe('gossip', {
      onData: (notice) => {
        skipped += notice.skipped;
        // Of messages that leave the page shows nothing yet.
        if (notice.kind === 'received' && (topic ?? notice.topic) === notice.topic) heard.push(notice);
      },
      onLagged: (count) => {
        skipped += count;
      },
    });
    const timer = setInterval(() => {
      if (heard.length === 0 && skipped === 0) return;
      const news = heard.reverse();
      const missed = skipped;
      heard = [];
      skipped = 0;
      setFeed((feed) => {
        const fresh = newArrivals(news, feed.arrivals);
        const arrivals = [...fresh, ...feed.arrivals].slice(0, REMEMBERED);
        return { arrivals, fresh, skipped: feed.skipped + missed };
      });
    }, SHOW_EVERY_MS);
    return () => {
      stop();
      clearInterval(timer);
    };
  }, [socket, topic, paused]);
  return feed;
}
