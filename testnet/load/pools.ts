import { MICRO } from '../../src/types/names.ts';
import { ECONOMY } from '../../src/types/operations/economy.ts';
import { type Account, deriveAccount } from '../identities.ts';
import { plan, SETTLED_MS } from './planning.ts';
import type { OperationScenario, PlanContext } from './scenario.ts';

const { operations } = ECONOMY;

/** Pays for a few transactions at the load's maxFee. */
const ENDOWMENT = 10n * MICRO;
const POOL_FEE_PPM = 20_000;

/** An account and when it came to where it stands. */
interface Waiting {
  readonly account: Account;
  readonly sinceMs: number;
}

interface Member extends Waiting {
  readonly pool: string;
}

/** Two lanes may run on one chain at the same height, so the name tells them apart. */
function freshAccount({ seed, lane, runId, unique }: PlanContext): Account {
  return deriveAccount(seed, `miner of ${lane.payers[0]?.name} ${runId} ${unique()}`);
}

/**
 * Mining pools: accounts that no run used before are funded, the first of them opens a pool and every later one joins
 * it, and the members leave again.
 */
export function pools(): OperationScenario[] {
  const funded: Waiting[] = [];
  const members: Member[] = [];
  let pool: Waiting | undefined;
  const isSettled = ({ sinceMs }: Waiting, { atMs }: PlanContext) => atMs - sinceMs >= SETTLED_MS;
  const takeSettled = <T extends Waiting>(list: T[], context: PlanContext): T | undefined =>
    list[0] !== undefined && isSettled(list[0], context) ? list.shift() : undefined;
  const payer = (context: PlanContext) => context.rotate(context.lane.payers);

  return [
    {
      operation: 'Transfer',
      weight: 2,
      succeed(context) {
        const account = freshAccount(context);
        funded.push({ account, sinceMs: context.atMs });
        const value = { to: account.address, token: 'FLX', amount: ENDOWMENT, reference: 'miner' } as const;
        return plan(payer(context), 'OK', operations.Transfer, value);
      },
      fail(context) {
        const sender = payer(context);
        const value = { to: sender.address, token: 'FLX', amount: 1n, reference: '' } as const;
        return plan(sender, 'SAME_ACCOUNT', operations.Transfer, value);
      },
    },
    {
      operation: 'PoolJoin',
      weight: 2,
      succeed(context) {
        if (pool !== undefined && !isSettled(pool, context)) return undefined;
        const account = takeSettled(funded, context)?.account;
        if (account === undefined) return undefined;
        // Who opened the pool stays: if it left, those who are on their way would come to a pool that is closed.
        if (pool === undefined) pool = { account, sinceMs: context.atMs };
        else members.push({ account, sinceMs: context.atMs, pool: pool.account.address });
        const { address } = pool.account;
        return plan(account, 'OK', operations.PoolJoin, { pool: address, feePpm: POOL_FEE_PPM });
      },
      fail(context) {
        const sender = payer(context);
        // A payer runs no pool.
        const value = { pool: payer(context).address, feePpm: POOL_FEE_PPM };
        return value.pool === sender.address
          ? undefined
          : plan(sender, 'POOL_UNKNOWN', operations.PoolJoin, value);
      },
    },
    {
      operation: 'PoolLeave',
      weight: 1,
      succeed(context) {
        const member = takeSettled(members, context);
        if (member === undefined) return undefined;
        return plan(member.account, 'OK', operations.PoolLeave, { pool: member.pool });
      },
      fail(context) {
        const sender = payer(context);
        return plan(sender, 'NOT_IN_POOL', operations.PoolLeave, { pool: sender.address });
      },
    },
  ];
}
