import { CLASS_TOKENS } from '../../types/billing.ts';
import type { Parameters } from '../../types/genesis.ts';
import { DOCKLOCK, type StepBatch } from '../../types/operations/docklock.ts';
import type { Address } from '../../types/ssz-bytes.ts';
import type { Job, OperationContext } from '../seam.ts';

/** Units of `egressBytes` that jobPriceEgressMb is for. */
const BYTES_PER_MB = 1_000_000n;

/**
 * What usage is worth: storage in NEX, all else in FLX. Rounded down once per token, so that a job in pieces is never
 * worth more than the whole.
 */
export function jobValues(usage: Job['usage'], prices: Parameters): Job['values'] {
  const { cpuMs, memoryMbS, storageMicroGbDay, egressBytes, receipts } = usage;
  const flx =
    cpuMs * prices.jobPriceCpuMs +
    memoryMbS * prices.jobPriceMemoryMbS +
    (egressBytes * prices.jobPriceEgressMb) / BYTES_PER_MB +
    receipts * prices.jobPriceReceipt;
  const values = [
    { token: CLASS_TOKENS.transaction, value: flx },
    { token: CLASS_TOKENS.storage, value: storageMicroGbDay * prices.jobPriceStorage },
  ] as const;
  return values.filter(({ value }) => value > 0n);
}

/** Charges the owner of the app for the work of a batch that was recorded, and tells what came of it. */
export function chargeBatch(
  { app, node, usage: used, steps }: StepBatch,
  owner: Address,
  operator: Address,
  context: OperationContext,
): void {
  const usage = {
    cpuMs: BigInt(used.cpuMs),
    memoryMbS: BigInt(used.memoryMbS),
    storageMicroGbDay: BigInt(used.storageMicroGbDay),
    egressBytes: BigInt(used.egressBytes),
    receipts: BigInt(steps.length),
  };
  const values = jobValues(usage, context.parameters);
  const { credited, amounts } = context.chargeJob({ payer: owner, app, node, operator, usage, values });
  context.emit(DOCKLOCK.events.JobValued, { app, owner, node, operator, amounts: [...amounts], credited });
}
