import { TOKENS, type TokenName } from '../../../types/names.ts';
import { REWARD_SYSTEM_RECEIPTS } from '../../../types/operations/economy-rewards.ts';
import { systemReceipt } from '../../../types/system-receipt.ts';
import type { SettledSection, SettlementReceipt, StateReader, StateWriter } from '../../seam.ts';
import { type Account, lockedAccount, OWNER_ACCRUED, poolAccount, TREASURY } from '../account.ts';
import { move } from '../books.ts';
import { splitJobFee } from './fee-split.ts';
import { ownerAccount } from './owner.ts';
import { rankPpm } from './section-pool.ts';

/** The fees of a section's jobs in one token, divided. */
interface JobFees {
  readonly token: TokenName;
  readonly jobs: number;
  readonly value: bigint;
  readonly fee: bigint;
  readonly locked: bigint;
  readonly pool: bigint;
  readonly owner: bigint;
  readonly treasury: bigint;
}

const PPM = 1_000_000n;

/**
 * What a miner may never withdraw is cut by its rank like everything else that it earns by the section; what it does
 * not earn, and what a chain without an owner does not owe, is the treasury's.
 */
function divideFees(
  economy: StateReader,
  { jobs, rank }: SettledSection,
  token: TokenName,
): JobFees | undefined {
  const parts = { jobs: 0, value: 0n, fee: 0n, locked: 0n, pool: 0n, owner: 0n };
  for (const { amounts } of jobs)
    for (const amount of amounts) {
      if (amount.token !== token) continue;
      const split = splitJobFee(amount.value);
      parts.jobs += 1;
      parts.value += amount.value;
      parts.fee += amount.fee;
      parts.locked += split.minerLocked;
      parts.pool += split.minerSpendable;
      parts.owner += split.owner;
    }
  if (parts.fee === 0n) return undefined;
  const locked = (parts.locked * rankPpm(rank)) / PPM;
  const owner = ownerAccount(economy) === undefined ? 0n : parts.owner;
  return { ...parts, token, locked, owner, treasury: parts.fee - locked - parts.pool - owner };
}

/**
 * EndBlock: divides the fees of a section's jobs, which its pool holds: a part is locked with the miner, a part accrues
 * to the owner, a part goes to the treasury, the rest stays in the pool.
 */
export function divideJobFees(economy: StateWriter, section: SettledSection): SettlementReceipt[] {
  const { ledger, miner, rank } = section;
  const receipts: SettlementReceipt[] = [];
  for (const token of TOKENS) {
    const fees = divideFees(economy, section, token);
    if (fees === undefined) continue;
    const give = (credit: Account, amount: bigint) => {
      if (amount > 0n) move(economy, { debit: poolAccount(ledger), credit, token, amount });
    };
    give(lockedAccount(miner), fees.locked);
    give(OWNER_ACCRUED, fees.owner);
    give(TREASURY, fees.treasury);
    receipts.push(systemReceipt(REWARD_SYSTEM_RECEIPTS.JobFeesSettled, { ledger, miner, rank, ...fees }));
  }
  return receipts;
}
