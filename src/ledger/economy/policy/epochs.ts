import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { AddressType } from '../../../types/ssz-bytes.ts';
import { SafeU64, U128 } from '../../../types/ssz-numbers.ts';
import { LIMITS } from '../../../util/limits.ts';
import type { BlockContext, CreditedJob, StateReader, StateWriter } from '../../seam.ts';
import { Queue } from '../../state/queue.ts';
import { Table } from '../../state/table.ts';
import { addResources, addToRecord, NOTHING_USED, poeRecord, ResourceUsageType } from './poe-records.ts';
import { workOf } from './work.ts';

/**
 * Epochs are windows of rule time that begin with genesis. Blocks come when there is work, so an epoch ends with the
 * first block after it, which may lie many epochs later; those between are idle, and nothing happens for them.
 */
const EpochType = new ContainerType({
  index: SafeU64,
  /** Credited usage of all nodes in this epoch. */
  usage: ResourceUsageType,
  /** Credited work of all who have a claim to new coins; see work.ts. */
  work: U128,
  /** Gas that the blocks of this epoch sold beyond their target. */
  excessGas: U128,
  /** Sum of all FLX fees before this epoch. */
  feesBefore: U128,
  /** Mean of FLX fees per epoch over the epochs before this one. */
  meanFees: U128,
});
export type Epoch = ValueOf<typeof EpochType>;

const running = new Table('epoch', EpochType);

/** Operators with credited work in the running epoch, in the order in which they began; their claims are records. */
export const epochWorkers = new Queue<string>('epoch-worker', AddressType);

/** The epoch of rule time `timeMs`. */
export function epochAt(timeMs: number, { genesis }: Pick<BlockContext, 'genesis'>): number {
  return Math.floor((timeMs - genesis.timeMs) / genesis.parameters.epochMs);
}

/** The running epoch as the last block left it. */
export function currentEpoch(state: StateReader): Epoch {
  return (
    running.get(state) ?? {
      index: 0,
      usage: NOTHING_USED,
      work: 0n,
      excessGas: 0n,
      feesBefore: 0n,
      meanFees: 0n,
    }
  );
}

export function saveEpoch(state: StateWriter, epoch: Epoch): void {
  running.set(state, epoch);
}

/** Counts what the jobs of a block used, for the app, the operator of the node and the network. */
export function creditJobs(state: StateWriter, jobs: readonly CreditedJob[], context: BlockContext): void {
  if (jobs.length === 0) return;
  let epoch = currentEpoch(state);
  const { index } = epoch;
  for (const job of jobs) {
    const { usage, app, operator } = job;
    const work = workOf(job, context.parameters);
    addToRecord(state, 'app', app, index, { usage, work });
    const claim = work > 0n && takeClaim(state, operator, index) ? work : 0n;
    addToRecord(state, 'operator', operator, index, { usage, work: claim });
    epoch = { ...epoch, usage: addResources(epoch.usage, usage), work: epoch.work + claim };
  }
  saveEpoch(state, epoch);
}

/** Lists an operator among those who share in the epoch. False where the list is full: that work counts for Φ only. */
function takeClaim(state: StateWriter, operator: string, epoch: number): boolean {
  if (poeRecord(state, 'operator', operator, epoch).work > 0n) return true;
  if (epochWorkers.length(state) >= LIMITS.maxEpochWorkers) return false;
  epochWorkers.push(state, operator);
  return true;
}

/** Counts gas that a block sold beyond its target. */
export function countExcessGas(state: StateWriter, gasSold: number, targetGas: number): void {
  if (gasSold <= targetGas) return;
  const epoch = currentEpoch(state);
  saveEpoch(state, { ...epoch, excessGas: epoch.excessGas + BigInt(gasSold - targetGas) });
}
