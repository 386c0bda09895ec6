import type { Parameters } from '../../../types/genesis.ts';
import type { TokenName } from '../../../types/names.ts';
import type { CreditedJob } from '../../seam.ts';
import { splitJobFee } from '../rewards/fee-split.ts';

const MICRO = 1_000_000n;

/** Micro-NEX for an amount at the reference price of genesis; there is no market on this chain that could tell. */
function inNex(token: TokenName, amount: bigint, nexPerFlxPpm: number): bigint {
  if (token === 'NEX') return amount;
  return token === 'FLX' ? (amount * BigInt(nexPerFlxPpm)) / MICRO : 0n;
}

/**
 * The credited work of a job, in micro-NEX: the part of its fee that goes to the treasury, which neither who paid nor
 * who worked can get back. New NEX is bounded by it and divided by it, so whoever buys work of himself to earn NEX
 * pays more than he earns.
 */
export function workOf({ amounts }: CreditedJob, { nexPerFlxPpm }: Pick<Parameters, 'nexPerFlxPpm'>): bigint {
  return amounts.reduce(
    (sum, { token, value }) => sum + inNex(token, splitJobFee(value).treasury, nexPerFlxPpm),
    0n,
  );
}
