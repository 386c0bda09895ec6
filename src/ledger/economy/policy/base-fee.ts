import { ECONOMY_SYSTEM_RECEIPTS } from '../../../types/operations/economy-receipts.ts';
import { type SystemReceiptBody, systemReceipt } from '../../../types/system-receipt.ts';
import type { BlockContext, StateWriter } from '../../seam.ts';
import { setGasPrice } from '../../system/chain-facts.ts';

/** What the next price of gas depends on; prices are micro-FLX per unit of gas. */
export interface GasMarket {
  /** In force while the gas was sold. */
  readonly price: bigint;
  /** The price of genesis, below which it never falls. */
  readonly floor: bigint;
  /** Gas of the block that fees paid for. */
  readonly gasSold: bigint;
  /** Gas of a block at which the price stays as it is. */
  readonly gasTarget: bigint;
}

/** One step changes the price by at most this part of it: at twice the target, or where none was sold. */
const STEP_DIVISOR = 8n;

/**
 * The price of gas of the next block, like the base fee of EIP-1559: an eighth more at twice the target, an eighth less
 * where none was sold, linear between, and more than twice the target counts as twice. Each step is rounded down and at
 * least 1, down too, so that a low price finds back to its floor. Gas that genesis makes free stays free.
 */
export function nextGasPrice({ price, floor, gasSold, gasTarget }: GasMarket): bigint {
  if (floor === 0n || gasSold === gasTarget) return price;
  const isAbove = gasSold > gasTarget;
  const distance = isAbove ? gasSold - gasTarget : gasTarget - gasSold;
  const counted = distance < gasTarget ? distance : gasTarget;
  const part = (price * counted) / gasTarget / STEP_DIVISOR;
  const step = part > 0n ? part : 1n;
  if (isAbove) return price + step;
  return price - step < floor ? floor : price - step;
}

/** EndBlock: sets the price of the next block by the gas that this one sold, and reports a change. */
export function adjustGasPrice(
  system: StateWriter,
  { parameters, genesis }: BlockContext,
  gasSold: number,
): SystemReceiptBody[] {
  const floor = genesis.parameters.gasPrice;
  const price = parameters.gasPrice;
  const gasTarget = BigInt(parameters.targetBlockGas);
  const next = nextGasPrice({ price, floor, gasSold: BigInt(gasSold), gasTarget });
  if (next === price) return [];
  setGasPrice(system, next, floor);
  return [systemReceipt(ECONOMY_SYSTEM_RECEIPTS.GasPriceChanged, { gasPrice: next, gasSold })];
}
