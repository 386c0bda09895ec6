import type { Parameters } from '../../../types/genesis.ts';

const MICRO = 1_000_000n;

/** What an epoch says of the demand for FLX; amounts in micro-FLX. */
export interface FlxDemand {
  /** Mean of fees per epoch, the closed one included. */
  readonly meanFees: bigint;
  /** Gas that blocks sold beyond their target, and what it costs now: demand that the chain could hardly serve. */
  readonly excessGas: bigint;
  readonly gasPrice: bigint;
  /** What the reserve account holds already. */
  readonly reserve: bigint;
}

/** FLX that is in demand and not in the reserve; negative where the reserve holds more than that. */
export function flxShortage({ meanFees, excessGas, gasPrice, reserve }: FlxDemand): bigint {
  return meanFees + excessGas * gasPrice - reserve;
}

/** Micro-FLX that the reserve gets at the end of an epoch: a part μ of the shortage, up to the cap. */
export function flxMint(
  { flxEpochCap, flxSupplyPpm }: Pick<Parameters, 'flxEpochCap' | 'flxSupplyPpm'>,
  shortage: bigint,
): bigint {
  if (shortage <= 0n) return 0n;
  const part = (shortage * BigInt(flxSupplyPpm)) / MICRO;
  return part < flxEpochCap ? part : flxEpochCap;
}

/** Mean over epochs in which each counts half as much as the next; epochs without fees count as zero. */
export function meanOfFees(before: bigint, fees: bigint): bigint {
  return (before + fees) / 2n;
}
