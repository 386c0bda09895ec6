import { ContainerType } from '@chainsafe/ssz';
import { ECONOMY } from '../../types/operations/economy.ts';
import { type CoverageState, CoverageStateType } from '../../types/operations/economy-gold.ts';
import { SafeU64, U32 } from '../../types/ssz-numbers.ts';
import type { BlockContext, OperationContext, StateReader } from '../seam.ts';
import { Table } from '../state/table.ts';
import type { GoldPrice } from './gold-price.ts';
import { isExpired, listCustodians, outstandingOf, readReserve, reserveValue } from './reserves.ts';

/**
 * How the AUR of a bank is covered. Prices move, so coverage is a state and no invariant: OK, WATCH below 105 % and
 * UNDER below 100 %, where minting stops and a redemption names the share that is covered. A bank that stays UNDER
 * for three days is suspended until its reserve is filled up.
 */
const coverages = new Table(
  'coverage',
  new ContainerType({ state: CoverageStateType, sinceMs: SafeU64, ratioPpm: U32 }),
);

const PPM = 1_000_000n;
const WATCH_BELOW_PPM = 1_050_000;
const UNDER_BELOW_PPM = 1_000_000;
/** Stands for "more than enough", nothing outstanding included. */
export const MAX_RATIO_PPM = 1_000_000_000;
export const TOP_UP_MS = 3 * 86_400_000;

export function ratioPpm(reserve: bigint, outstanding: bigint): number {
  if (outstanding === 0n) return MAX_RATIO_PPM;
  const ratio = (reserve * PPM) / outstanding;
  return ratio < BigInt(MAX_RATIO_PPM) ? Number(ratio) : MAX_RATIO_PPM;
}

export function coverageState(ratio: number): CoverageState {
  if (ratio < UNDER_BELOW_PPM) return 'UNDER';
  return ratio < WATCH_BELOW_PPM ? 'WATCH' : 'OK';
}

/** The state recorded last. A bank that never had anything outstanding or attested is OK. */
export function readCoverage(
  state: StateReader,
  lei: string,
): { state: CoverageState; sinceMs: number; ratioPpm: number } {
  return coverages.get(state, lei) ?? { state: 'OK', sinceMs: 0, ratioPpm: MAX_RATIO_PPM };
}

export function isSuspended(state: StateReader, timeMs: number, lei: string): boolean {
  const coverage = readCoverage(state, lei);
  return coverage.state === 'UNDER' && timeMs - coverage.sinceMs >= TOP_UP_MS;
}

/** Value of a bank's unexpired attestation in micro-USD at this price; 0 without one. */
export function bankReserve(
  state: StateReader,
  context: BlockContext,
  price: GoldPrice,
  lei: string,
): bigint {
  const reserve = readReserve(state, lei);
  if (reserve === undefined || isExpired(reserve, context.timeMs)) return 0n;
  return reserveValue(reserve, price.median, context.parameters.aurHaircutPpm);
}

/** Value of all unexpired attestations. The list of custodians is bounded. */
export function totalReserve(state: StateReader, context: BlockContext, price: GoldPrice): bigint {
  return listCustodians(state).reduce((sum, lei) => sum + bankReserve(state, context, price, lei), 0n);
}

/** Records the coverage of a bank anew. Without a usable price nothing can be said, and the last state stands. */
export function refreshCoverage(context: OperationContext, price: GoldPrice, lei: string): void {
  if (price.state !== 'usable') return;
  const reserve = bankReserve(context.own, context, price, lei);
  const outstanding = outstandingOf(context.own, lei);
  const ratio = ratioPpm(reserve, outstanding);
  const before = readCoverage(context.own, lei);
  const state = coverageState(ratio);
  const changed = state !== before.state;
  coverages.set(
    context.own,
    { state, sinceMs: changed ? context.timeMs : before.sinceMs, ratioPpm: ratio },
    lei,
  );
  if (!changed) return;
  const change = { bank: lei, from: before.state, to: state, outstanding, reserve };
  context.emit(ECONOMY.events.CoverageChanged, change);
}

export function refreshAllCoverage(context: OperationContext, price: GoldPrice): void {
  for (const lei of listCustodians(context.own)) refreshCoverage(context, price, lei);
}
