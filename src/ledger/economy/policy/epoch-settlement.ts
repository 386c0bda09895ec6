import type { ValueOf } from '@chainsafe/ssz';
import { ECONOMY_SYSTEM_RECEIPTS, EpochClosedType } from '../../../types/operations/economy-receipts.ts';
import { type SystemReceiptBody, systemReceipt } from '../../../types/system-receipt.ts';
import type { BlockContext, CreditedJob, StateReader, StateWriter } from '../../seam.ts';
import { Table } from '../../state/table.ts';
import { EPOCH_POOL, FLX_RESERVE } from '../account.ts';
import { amountOf, mint, totalOf } from '../books.ts';
import { gammaMicro, phiMicro } from '../rewards/poe-index.ts';
import {
  countExcessGas,
  creditJobs,
  currentEpoch,
  type Epoch,
  epochAt,
  epochWorkers,
  saveEpoch,
} from './epochs.ts';
import { flxMint, flxShortage, meanOfFees } from './flx-supply.ts';
import { nexEpochCap, nexMint } from './nex-mint.ts';
import { beginSweep, NOTHING_USED, sweepRecords } from './poe-records.ts';
import { payShares, queueShares } from './shares.ts';

/** The last closed epoch, for those who ask. */
const lastClosed = new Table('epoch-closed', EpochClosedType);

export type ClosedEpoch = ValueOf<typeof EpochClosedType>;

export function lastClosedEpoch(state: StateReader): ClosedEpoch | undefined {
  return lastClosed.get(state);
}

/** Φ of the network, in millionths: usage per active node, so that one is normal load however many there are. */
export function networkPhi({ usage }: Pick<Epoch, 'usage'>, activeNodes: number): bigint {
  // Rounding down twice is rounding down once: the second divisor is a whole number.
  return phiMicro(usage) / BigInt(Math.max(1, activeNodes));
}

/** FLX that was ever paid in fees, for transactions and for jobs. */
function feesPaid(state: StateReader): bigint {
  return totalOf(state, 'fees', 'FLX') + totalOf(state, 'jobFees', 'FLX');
}

/**
 * EndBlock, before anything of the block is settled: where rule time has left the running epoch, closes it, mints what
 * it brings, and begins the epoch of this block. Epochs between were idle: they mint nothing and halve all means.
 */
export function closeEpoch(
  state: StateWriter,
  context: BlockContext,
  activeNodes: number,
): SystemReceiptBody[] {
  const epoch = currentEpoch(state);
  const next = epochAt(context.timeMs, context);
  if (next <= epoch.index) return [];
  const phi = networkPhi(epoch, activeNodes);
  const nex = mintNex(state, epoch, phi, context);
  const paid = feesPaid(state);
  const fees = paid - epoch.feesBefore;
  const meanFees = meanOfFees(epoch.meanFees, fees);
  const flx = mintFlx(state, { ...epoch, meanFees }, context);
  const closed: ClosedEpoch = {
    epoch: epoch.index,
    next,
    phi,
    gamma: gammaMicro(phi),
    activeNodes,
    workers: nex.workers,
    work: epoch.work,
    fees,
    nexCap: nexEpochCap(context.parameters, epoch.index),
    nexMinted: nex.minted,
    flxMinted: flx,
  };
  lastClosed.set(state, closed);
  saveEpoch(state, {
    index: next,
    usage: NOTHING_USED,
    work: 0n,
    excessGas: 0n,
    feesBefore: paid,
    meanFees: meanFees >> BigInt(next - epoch.index - 1),
  });
  beginSweep(state);
  return [systemReceipt(ECONOMY_SYSTEM_RECEIPTS.EpochClosed, closed)];
}

/** New NEX goes into a pool of its own, out of which the shares are paid over the next blocks. */
function mintNex(
  state: StateWriter,
  { index, work }: Epoch,
  phi: bigint,
  { parameters }: BlockContext,
): { minted: bigint; workers: number } {
  const workers = epochWorkers.length(state);
  const minted = nexMint(parameters, index, phi, work);
  if (minted > 0n) mint(state, 'NEX', EPOCH_POOL, minted);
  queueShares(state, index, minted);
  return { minted, workers };
}

/** New FLX goes to the reserve account and nowhere else. */
function mintFlx(state: StateWriter, { meanFees, excessGas }: Epoch, { parameters }: BlockContext): bigint {
  const { gasPrice } = parameters;
  const reserve = amountOf(state, FLX_RESERVE, 'FLX');
  const minted = flxMint(parameters, flxShortage({ meanFees, excessGas, gasPrice, reserve }));
  if (minted > 0n) mint(state, 'FLX', FLX_RESERVE, minted);
  return minted;
}

/** EndBlock, after the charges: counts what the block brought to the running epoch, and does what earlier ones left. */
export function bookEpoch(
  state: StateWriter,
  context: BlockContext,
  jobs: readonly CreditedJob[],
  gasSold: number,
): SystemReceiptBody[] {
  creditJobs(state, jobs, context);
  countExcessGas(state, gasSold, context.parameters.targetBlockGas);
  sweepRecords(state, currentEpoch(state).index);
  return payShares(state);
}
