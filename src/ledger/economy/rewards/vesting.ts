import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { type TokenName, TokenNameType } from '../../../types/names.ts';
import { SafeU64, U128 } from '../../../types/ssz-numbers.ts';
import { LIMITS } from '../../../util/limits.ts';
import type { BlockContext, StateReader, StateWriter } from '../../seam.ts';
import { Table } from '../../state/table.ts';

/** One month's half of the owner's pay in one token, which vests linearly from `startMs` on. */
const TrancheType = new ContainerType({
  token: TokenNameType,
  amount: U128,
  taken: U128,
  startMs: SafeU64,
});
type Tranche = ValueOf<typeof TrancheType>;

/** Oldest first. Genesis bounds how many months a tranche takes, so few are alive. */
const tranches = new Table('owner-tranches', new ListCompositeType(TrancheType, LIMITS.maxOwnerTranches));

export function ownerTranches(economy: StateReader): readonly Tranche[] {
  return tranches.get(economy) ?? [];
}

function vestedOf({ amount, startMs }: Tranche, { timeMs, parameters }: BlockContext): bigint {
  const duration = parameters.ownerVestingMonths * parameters.ownerMonthMs;
  const elapsed = Math.min(timeMs - startMs, duration);
  return duration === 0 ? amount : (amount * BigInt(elapsed)) / BigInt(duration);
}

/** Takes what has vested of one token since it was last taken; tranches that are empty then end. */
export function takeVested(economy: StateWriter, token: TokenName, context: BlockContext): bigint {
  let sum = 0n;
  const left: Tranche[] = [];
  for (const tranche of ownerTranches(economy)) {
    const taken = tranche.token === token ? vestedOf(tranche, context) : tranche.taken;
    sum += taken - tranche.taken;
    if (taken < tranche.amount) left.push({ ...tranche, taken });
  }
  tranches.set(economy, left);
  return sum;
}

/** Begins a tranche at the rule time of the block. */
export function putBy(economy: StateWriter, token: TokenName, amount: bigint, context: BlockContext): void {
  if (amount === 0n) return;
  const tranche = { token, amount, taken: 0n, startMs: context.timeMs };
  tranches.set(economy, [...ownerTranches(economy), tranche]);
}
