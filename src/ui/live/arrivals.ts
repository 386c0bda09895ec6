import type { MethodResult } from '../../rpc/schema/methods.ts';

export type Arrival = MethodResult<'gossip_recent'>['items'][number];

/** What tells one arrival of a message from another. */
export function arrivalKey({ messageId, from, carrier, at, counter }: Arrival): string {
  return `${messageId} ${from} ${carrier} ${at} ${counter}`;
}

/** Those of a list, newest first, that came after the one with this key; all if it is no longer there. */
export function arrivalsAfter(items: readonly Arrival[], lastKey: string | undefined): readonly Arrival[] {
  const known = items.findIndex((item) => arrivalKey(item) === lastKey);
  return known < 0 ? items : items.slice(0, known);
}

/** Evenly spread over a list, at most so many of it. */
export function sampled<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)] as T);
}

export interface PeerRate {
  readonly push: number;
  readonly relay: number;
}

/** Messages a second from each peer by carrier, over the window before `nowMs`. */
export function ratesByPeer(
  arrivals: readonly Arrival[],
  nowMs: number,
  windowMs: number,
): ReadonlyMap<string, PeerRate> {
  const rates = new Map<string, { push: number; relay: number }>();
  for (const { from, carrier, at } of arrivals) {
    if (nowMs - Date.parse(at) > windowMs) continue;
    const rate = rates.get(from) ?? { push: 0, relay: 0 };
    rate[carrier] += 1_000 / windowMs;
    rates.set(from, rate);
  }
  return rates;
}
