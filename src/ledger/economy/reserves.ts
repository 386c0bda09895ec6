import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { Hash32, Text } from '../../types/ssz-bytes.ts';
import { SafeU64, U64, U128 } from '../../types/ssz-numbers.ts';
import { LIMITS } from '../../util/limits.ts';
import type { StateReader, StateWriter } from '../seam.ts';
import { Table } from '../state/table.ts';

/** The attestation of a custodian that counts; a newer one replaces it. */
const ReserveType = new ContainerType({
  id: Hash32,
  barsRoot: Hash32,
  fineMg: U64,
  cashCents: U64,
  asOfMs: SafeU64,
  expiresMs: SafeU64,
  /** Rule time at which it was recorded. */
  reportedMs: SafeU64,
});
export type Reserve = ValueOf<typeof ReserveType>;

const reserves = new Table('attestation', ReserveType);
/** LEIs of banks with an attestation, in the order of their first one. */
const custodians = new Table('custodians', new ListCompositeType(Text(20), LIMITS.maxReserveCustodians));
/** Which custodian attests a list of gold bars. */
const custodianOfBars = new Table('bars', Text(20));
/** AUR that a bank minted and did not burn: what it owes. */
const outstandings = new Table('outstanding', U128);

export function readReserve(state: StateReader, lei: string): Reserve | undefined {
  return reserves.get(state, lei);
}

export function isExpired(reserve: Reserve, timeMs: number): boolean {
  return timeMs >= reserve.expiresMs;
}

export function listCustodians(state: StateReader): readonly string[] {
  return custodians.get(state) ?? [];
}

export function custodianOf(state: StateReader, barsRoot: string): string | undefined {
  return custodianOfBars.get(state, barsRoot);
}

/**
 * Records an attestation. Where the list of custodians is full, one whose attestation expired and who owes nothing
 * makes room. False if nobody does.
 */
export function recordReserve(state: StateWriter, lei: string, reserve: Reserve): boolean {
  if (!enlist(state, lei, reserve.reportedMs)) return false;
  const previous = readReserve(state, lei);
  if (previous !== undefined && custodianOf(state, previous.barsRoot) === lei)
    custodianOfBars.delete(state, previous.barsRoot);
  if (reserve.fineMg > 0n) custodianOfBars.set(state, lei, reserve.barsRoot);
  reserves.set(state, reserve, lei);
  return true;
}

function enlist(state: StateWriter, lei: string, timeMs: number): boolean {
  const listed = [...listCustodians(state)];
  if (listed.includes(lei)) return true;
  if (listed.length >= LIMITS.maxReserveCustodians) {
    const idle = listed.findIndex((other) => {
      const reserve = readReserve(state, other);
      return (reserve === undefined || isExpired(reserve, timeMs)) && outstandingOf(state, other) === 0n;
    });
    if (idle < 0) return false;
    listed.splice(idle, 1);
  }
  custodians.set(state, [...listed, lei]);
  return true;
}

export function outstandingOf(state: StateReader, lei: string): bigint {
  return outstandings.get(state, lei) ?? 0n;
}

export function setOutstanding(state: StateWriter, lei: string, amount: bigint): void {
  if (amount === 0n) outstandings.delete(state, lei);
  else outstandings.set(state, amount, lei);
}

const PPM = 1_000_000n;
/** A troy ounce has 31.1034768 g: this many times 10⁻⁴ mg. */
const TENTHS_OF_MICROGRAM_PER_OUNCE = 311_034_768n;

/**
 * What a reserve is worth in micro-USD, rounded down: gold at `microUsdPerOunce` less the haircut, plus cash. One AUR
 * is a claim of one US dollar, so the result compares with amounts of AUR.
 */
export function reserveValue(
  reserve: Pick<Reserve, 'fineMg' | 'cashCents'>,
  microUsdPerOunce: bigint,
  haircutPpm: number,
): bigint {
  const kept = PPM - BigInt(Math.min(haircutPpm, 1_000_000));
  const gold = (reserve.fineMg * 10_000n * microUsdPerOunce * kept) / (TENTHS_OF_MICROGRAM_PER_OUNCE * PPM);
  return gold + reserve.cashCents * 10_000n;
}
