import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { SafeU64, U64 } from '../../types/ssz-numbers.ts';
import type { BlockContext, StateReader, StateWriter } from '../seam.ts';
import { Table } from '../state/table.ts';
import { findAuthority } from './approvals.ts';

/** The latest report of each oracle, by its key; the reporting time is rule time. */
const PriceType = new ContainerType({ microUsdPerOunce: U64, reportedMs: SafeU64 });
const prices = new Table('price', PriceType);

const PPM = 1_000_000n;

/** What the fresh reports come to. `median` is set as soon as there is one; only a `usable` price may back a mint. */
export interface GoldPrice {
  readonly state: 'usable' | 'stale' | 'dispersed';
  /** Micro-USD per troy ounce; of an even number of reports the mean of the middle two, rounded down. */
  readonly median: bigint;
  /** Keys of the oracles with a fresh report, in the order of genesis. */
  readonly signers: readonly string[];
}

function medianOf(sorted: readonly bigint[]): bigint {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0n;
  if (sorted.length % 2 === 1) return upper;
  return ((sorted[middle - 1] ?? 0n) + upper) / 2n;
}

/** The price of gold as of rule time: median, freshness and dispersion over the oracles of genesis. */
export function goldPrice(state: StateReader, context: BlockContext): GoldPrice {
  const { parameters, timeMs } = context;
  const fresh: { key: string; price: bigint }[] = [];
  for (const key of findAuthority(context, 'oracles')?.keys ?? []) {
    const report = prices.get(state, key);
    if (report !== undefined && timeMs - report.reportedMs <= parameters.priceMaxAgeMs)
      fresh.push({ key, price: report.microUsdPerOunce });
  }
  const sorted = fresh.map(({ price }) => price).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const median = medianOf(sorted);
  const spread = (sorted.at(-1) ?? 0n) - (sorted[0] ?? 0n);
  const signers = fresh.map(({ key }) => key);
  if (fresh.length < Math.max(1, parameters.minOracles)) return { state: 'stale', median, signers };
  if (spread * PPM > median * BigInt(parameters.aurMaxDispersionPpm))
    return { state: 'dispersed', median, signers };
  return { state: 'usable', median, signers };
}

/** The latest report of an oracle, whatever its age. */
export function readPrice(state: StateReader, oracle: string): ValueOf<typeof PriceType> | undefined {
  return prices.get(state, oracle);
}

export function recordPrice(state: StateWriter, oracle: string, price: ValueOf<typeof PriceType>): void {
  prices.set(state, price, oracle);
}
