import { ECONOMY_SYSTEM_RECEIPTS, EpochSharePaidType } from '../../../types/operations/economy-receipts.ts';
import { type SystemReceiptBody, systemReceipt } from '../../../types/system-receipt.ts';
import { LIMITS } from '../../../util/limits.ts';
import type { StateReader, StateWriter } from '../../seam.ts';
import { Queue } from '../../state/queue.ts';
import { balanceAccount, EPOCH_POOL } from '../account.ts';
import { move } from '../books.ts';
import { apportion, type Claim } from './apportion.ts';
import { epochWorkers } from './epochs.ts';
import { poeRecord } from './poe-records.ts';
import { poolFeeOf } from './pools.ts';

/** Parts of the NEX of closed epochs that wait to be paid. */
const unpaid = new Queue('epoch-share', EpochSharePaidType);

/** Divides the NEX of an epoch by credited work, and empties the list of those who worked. */
export function queueShares(state: StateWriter, epoch: number, minted: bigint): void {
  const claims: Claim[] = [];
  for (let worker = epochWorkers.shift(state); worker !== undefined; worker = epochWorkers.shift(state)) {
    const id = worker.value;
    claims.push({ id, weight: poeRecord(state, 'operator', id, epoch).work });
  }
  if (minted === 0n) return;
  for (const [index, amount] of apportion(minted, claims).entries()) {
    if (amount === 0n) continue;
    const operator = (claims[index] as Claim).id;
    const { pool, fee } = poolFeeOf(state, operator, epoch, amount);
    unpaid.push(state, { epoch, operator, amount, pool: pool === undefined ? [] : [pool], fee });
  }
}

/** EndBlock: pays the oldest shares, at most a block's bound. */
export function payShares(state: StateWriter): SystemReceiptBody[] {
  const receipts: SystemReceiptBody[] = [];
  while (receipts.length < LIMITS.maxSharesPaidPerBlock) {
    const share = unpaid.shift(state)?.value;
    if (share === undefined) break;
    const { operator, amount, pool, fee } = share;
    const pay = (to: string, part: bigint) => {
      if (part > 0n)
        move(state, { debit: EPOCH_POOL, credit: balanceAccount(to), token: 'NEX', amount: part });
    };
    pay(operator, amount - fee);
    for (const to of pool) pay(to, fee);
    receipts.push(systemReceipt(ECONOMY_SYSTEM_RECEIPTS.EpochSharePaid, share));
  }
  return receipts;
}

/** Whether shares are left for the next block. */
export function hasUnpaidShares(state: StateReader): boolean {
  return unpaid.length(state) > 0;
}
