import { LIMITS } from '../util/limits.ts';
import { arrivalView } from './inspection-views.ts';
import type { CarrierName, NetworkPort, SentMessageView, VerdictName } from './ports/network.ts';
import type { Filter } from './schema/filters.ts';
import type { NoticeData } from './schema/notices.ts';
import { hash0x, rfc3339 } from './text-forms.ts';
import { isAmong } from './topic-filter.ts';
import type { Tell } from './topic-source.ts';

const SECOND_MS = 1_000;

type Without<Data, Key extends PropertyKey> = Data extends unknown ? Omit<Data, Key> : never;
type Unskipped = Without<NoticeData<'gossip'>, 'skipped'>;

/**
 * Tells of each message that comes in, with its verdict, of each that goes out, and of peers that come into a mesh or
 * leave it, as far as the filter takes it; at most so many a second, because every notice costs the node a little in the
 * path of the message. What would fit and is left out for that is counted, and the next notice says how many that were.
 * Returns the way to stop it.
 */
export function watchGossip(
  network: Pick<NetworkPort, 'watchMessages'>,
  clock: { wallMs(): number; monotonicMs(): number },
  tell: Tell<NoticeData<'gossip'>>,
  filter: Filter<'gossip'> = {},
): () => void {
  const perSecond = filter.maxPerSecond ?? LIMITS.maxGossipNoticesPerSecond;
  let secondEndsMs = 0;
  let left = 0;
  let skipped = 0;
  const tellSome = (makeView: () => Unskipped) => {
    const nowMs = clock.monotonicMs();
    if (nowMs >= secondEndsMs) {
      secondEndsMs = nowMs + SECOND_MS;
      left = perSecond;
    }
    if (left === 0) {
      skipped++;
      return;
    }
    left--;
    const before = skipped;
    skipped = 0;
    tell(() => ({ ...makeView(), skipped: before }));
  };
  return network.watchMessages({
    received: (message) => {
      if (fits(filter, { kind: 'received', ...message, peers: [message.from] }))
        tellSome(() => ({ kind: 'received', ...arrivalView(message) }));
    },
    meshChanged: (change) => {
      if (fits(filter, { ...change, peers: [change.peerId] }))
        tellSome(() => ({ ...change, at: rfc3339(clock.wallMs()) }));
    },
    sent: (message) => {
      if (fits(filter, { kind: 'sent', ...message, peers: message.to }))
        tellSome(() => ({ kind: 'sent', ...sentView(message), at: rfc3339(clock.wallMs()) }));
    },
  });
}

/** What a filter of gossip can look at. */
interface GossipFacts {
  readonly kind: 'received' | 'sent' | 'graft' | 'prune';
  readonly topic: string;
  readonly peers: readonly string[];
  readonly carrier?: CarrierName;
  readonly verdict?: VerdictName;
}

/** What a notice does not have, a filter for it leaves out: a message that leaves has no verdict. */
function fits(
  { kinds, topics, carriers, verdicts, peerId }: Filter<'gossip'>,
  { kind, topic, peers, carrier, verdict }: GossipFacts,
): boolean {
  return (
    isAmong<string>(kinds, kind) &&
    isAmong(topics, topic) &&
    isAmong<string | undefined>(carriers, carrier) &&
    isAmong<string | undefined>(verdicts, verdict) &&
    (peerId === undefined || peers.includes(peerId))
  );
}

function sentView({ messageId, topic, to, carrier, bytes, counter }: SentMessageView) {
  return { messageId: hash0x(messageId()), topic, to: [...to], carrier, bytes, counter };
}
