import type { Address } from '../../../types/ssz-bytes.ts';
import type { StateReader } from '../../seam.ts';
import { gammaMicro } from '../rewards/poe-index.ts';
import { currentEpoch } from './epochs.ts';
import { poeRecord } from './poe-records.ts';

/** Of a validator whose nodes did no credited work. */
export const BASE_MINER_WEIGHT = 64n;
/** Never quite reached: Γ stays below one. At most four times the base weight, so work does not drown chance. */
const WORK_MINER_WEIGHT = 192n;
const MICRO = 1_000_000n;

/** The weight that Φ gives in the election of miners: 64 + ⌊192 · Γ⌋, from 64 to 255. `phi` is in millionths. */
export function minerWeight(phi: bigint): bigint {
  return BASE_MINER_WEIGHT + (WORK_MINER_WEIGHT * gammaMicro(phi)) / MICRO;
}

/**
 * Weights of validators in the election of miners, by the credited work of the nodes that their accounts operate. Only
 * closed epochs count, so weights change where an epoch ends and nowhere else. `economy` is the sub-tree of a block
 * that everyone who elects has.
 */
export function minerWeights(
  economy: StateReader,
  validators: readonly Address[],
): ReadonlyMap<Address, bigint> {
  const epoch = currentEpoch(economy).index;
  return new Map(validators.map((id) => [id, minerWeight(poeRecord(economy, 'operator', id, epoch).phi)]));
}
