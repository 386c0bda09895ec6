import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { ECONOMY, type PoolJoin, type PoolLeave } from '../../../types/operations/economy.ts';
import { type Address, AddressType } from '../../../types/ssz-bytes.ts';
import { SafeU64, U32 } from '../../../types/ssz-numbers.ts';
import { OPERATION_GAS } from '../../gas-table.ts';
import type { OperationHandler, StateReader } from '../../seam.ts';
import { Table } from '../../state/table.ts';
import { fail } from '../failure.ts';
import { epochAt } from './epochs.ts';

/**
 * Mining pools. A pool is an account that joined its own pool; others join it under its fee of that moment. Weights in
 * the election and shares of new NEX stay those of each member alone, so nothing is gained by joining or by splitting:
 * the pool's operator gets the fee of its members' shares, and that is all.
 */
const MembershipType = new ContainerType({
  pool: AddressType,
  feePpm: U32,
  /** The last epoch of which the pool takes its fee. */
  lastEpoch: SafeU64,
});
export type Membership = ValueOf<typeof MembershipType>;

const memberships = new Table('pool-member', MembershipType);
const NO_END = Number.MAX_SAFE_INTEGER;

/** Five percent. */
export const MAX_POOL_FEE_PPM = 50_000;
const PPM = 1_000_000n;

/** The pool of an account in an epoch, if it is in one. */
export function membershipOf(state: StateReader, member: Address, epoch: number): Membership | undefined {
  const membership = memberships.get(state, member);
  return membership === undefined || membership.lastEpoch < epoch ? undefined : membership;
}

function isOpen(state: StateReader, pool: Address, epoch: number): boolean {
  return membershipOf(state, pool, epoch)?.pool === pool;
}

/** What of an operator's share goes to the operator of its pool: nothing where the pool is closed or is its own. */
export function poolFeeOf(
  state: StateReader,
  operator: Address,
  epoch: number,
  share: bigint,
): { readonly pool: Address | undefined; readonly fee: bigint } {
  const membership = membershipOf(state, operator, epoch);
  if (membership === undefined || membership.pool === operator || !isOpen(state, membership.pool, epoch))
    return { pool: undefined, fee: 0n };
  return { pool: membership.pool, fee: (share * BigInt(membership.feePpm)) / PPM };
}

/** From the running epoch on. Whoever joins says what fee it takes at most, so that a pool cannot surprise it. */
export const poolJoinHandler: OperationHandler<PoolJoin> = {
  name: 'PoolJoin',
  spec: ECONOMY.operations.PoolJoin,
  gas: OPERATION_GAS.economy.PoolJoin,
  execute({ pool, feePpm }, context) {
    const { own, sender } = context;
    const epoch = epochAt(context.timeMs, context);
    if (feePpm > MAX_POOL_FEE_PPM) fail('INVALID_POOL_FEE', 'a pool takes at most 50 000 ppm');
    if (membershipOf(own, sender, epoch) !== undefined)
      fail('ALREADY_IN_POOL', 'the sender is in a pool until the end of the epoch at least');
    const terms = pool === sender ? feePpm : openingTerms(own, pool, epoch);
    if (terms > feePpm) fail('POOL_FEE_TOO_HIGH', `the pool takes ${terms} ppm`);
    memberships.set(own, { pool, feePpm: terms, lastEpoch: NO_END }, sender);
    context.emit(ECONOMY.events.PoolJoined, { member: sender, pool, feePpm: terms, epoch });
  },
};

/** The fee of a pool that takes members; one that is leaving its own pool takes none. */
function openingTerms(own: StateReader, pool: Address, epoch: number): number {
  const membership = membershipOf(own, pool, epoch);
  if (membership === undefined || membership.pool !== pool || membership.lastEpoch !== NO_END)
    fail('POOL_UNKNOWN', 'that account runs no pool');
  return membership.feePpm;
}

/** At the end of the running epoch, so that nobody leaves a pool just before it is paid. */
export const poolLeaveHandler: OperationHandler<PoolLeave> = {
  name: 'PoolLeave',
  spec: ECONOMY.operations.PoolLeave,
  gas: OPERATION_GAS.economy.PoolLeave,
  execute({ pool }, context) {
    const { own, sender } = context;
    const epoch = epochAt(context.timeMs, context);
    const membership = membershipOf(own, sender, epoch);
    if (membership === undefined || membership.pool !== pool || membership.lastEpoch !== NO_END)
      fail('NOT_IN_POOL', 'the sender is not in that pool, or is leaving it already');
    memberships.set(own, { ...membership, lastEpoch: epoch }, sender);
    context.emit(ECONOMY.events.PoolLeft, { member: sender, pool, lastEpoch: epoch });
  },
};
