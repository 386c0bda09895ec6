import type { Parameters } from '../../../types/genesis.ts';
import type { TokenName } from '../../../types/names.ts';
import type { CreditedJob } from '../../seam.ts';

const PPM = 1_000_000n;
/** Of the value of a job: the treasury's part of its fee, without what rounding leaves the treasury besides. */
const TREASURY_PPM = 3_000n;

type ReferencePrices = Pick<Parameters, 'usdPriceNex' | 'usdPriceFlx'>;

/** Micro-NEX for an amount at the reference prices of genesis; nothing for what has no price in NEX. */
function inNex(token: TokenName, amount: bigint, { usdPriceNex, usdPriceFlx }: ReferencePrices): bigint {
  if (token === 'NEX') return amount;
  return token === 'FLX' && usdPriceNex > 0n ? (amount * usdPriceFlx) / usdPriceNex : 0n;
}

/**
 * The credited work of a job, in micro-NEX: what of its fee goes to the treasury, which neither who paid nor who worked
 * can get back. New NEX is bounded by it and divided by it, so whoever buys work of himself to earn NEX pays more than
 * he earns; and as it is rounded down, work in pieces is never more than the whole.
 */
export function workOf({ amounts }: CreditedJob, prices: ReferencePrices): bigint {
  return amounts.reduce(
    (sum, { token, value }) => sum + inNex(token, (value * TREASURY_PPM) / PPM, prices),
    0n,
  );
}
