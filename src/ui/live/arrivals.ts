import type { MethodResult } from '../../rpc/schema/methods.ts';

export type Arrival = MethodResult<'gossip_recent'>['items'][number];

/** Those of a list that are not among the known ones: an answer and a notice may both tell of one. */
export function newArrivals(list: readonly Arrival[], known: readonly Arrival[]): readonly Arrival[] {
  const keys = new Set(known.map(keyOf));
  return list.filter((one) => !keys.has(keyOf(one)));
}

function keyOf({ messageId, from, carrier, at, counter }: Arrival): string {
  return `${messageId} ${from} ${carrier} ${at} ${counter}`;
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
