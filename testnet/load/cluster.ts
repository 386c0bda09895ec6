import { signHeartbeat, signRefute } from '../../src/client/cluster-node.ts';
import { keyPairFromSeed } from '../../src/crypto/ed25519.ts';
import { CLUSTER } from '../../src/types/operations/cluster.ts';
import { fromHex } from '../../src/util/bytes.ts';
import type { Account } from '../identities.ts';
import { Fleet, LOAD_REGIONS } from './cluster-fleet.ts';
import { freshHash, plan, SETTLED_MS } from './planning.ts';
import type { LedgerScenarios, OperationScenario, PlanContext } from './scenario.ts';

const { operations } = CLUSTER;

const NOTHING = { cpuMilli: 0, memoryMib: 0, diskMib: 0 };
const REQUEST = { cpuMilli: 250, memoryMib: 128, diskMib: 64 };
/** How many workloads and services a load has at one time. */
const OPEN_WORKLOADS = 12;
const OPEN_SERVICES = 12;

const somebody = (context: PlanContext): Account => context.rotate(context.lane.payers);

/** A node that never joined. */
function strangerOf(context: PlanContext) {
  return keyPairFromSeed(fromHex(freshHash(context, 'stranger')));
}

/** A name that is a DNS label and was not used before. */
function freshLabel(context: PlanContext, what: string): string {
  return `${what}-${freshHash(context, what).slice(0, 16)}`;
}

function nodeScenarios(): OperationScenario[] {
  const fleet = new Fleet();
  return [
    {
      operation: 'NodeJoin',
      weight: 6,
      succeed: (context) => fleet.join(context),
      fail: (context) => fleet.joinWithoutPossession(context),
    },
    {
      operation: 'NodeLeave',
      weight: 1,
      succeed: (context) => fleet.leave(context),
      fail: (context) =>
        plan(somebody(context), 'NODE_UNKNOWN', operations.NodeLeave, {
          node: strangerOf(context).publicKey,
        }),
    },
    {
      operation: 'Heartbeat',
      weight: 6,
      succeed: (context) => fleet.beat(context),
      fail: (context) => {
        const beat = { sequence: 1, incarnation: 0, free: NOTHING, suspects: [] };
        const signed = signHeartbeat(strangerOf(context), context.genesisHash, beat);
        return plan(somebody(context), 'NODE_UNKNOWN', operations.Heartbeat, signed);
      },
    },
    {
      operation: 'SuspectReport',
      weight: 1,
      succeed: (context) => fleet.suspect(context),
      fail: (context) =>
        plan(somebody(context), 'NODE_UNKNOWN', operations.SuspectReport, {
          node: strangerOf(context).publicKey,
          incarnation: 0,
        }),
    },
    {
      operation: 'Refute',
      weight: 2,
      succeed: (context) => fleet.refute(context),
      fail: (context) =>
        plan(
          somebody(context),
          'NODE_UNKNOWN',
          operations.Refute,
          signRefute(strangerOf(context), context.genesisHash, 1),
        ),
    },
    {
      operation: 'Rebalance',
      weight: 1,
      succeed: (context) => fleet.rebalance(context),
      // Banks have no nodes.
      fail: (context) =>
        plan(context.lane.banks[0] as Account, 'NOT_AN_OPERATOR', operations.Rebalance, { maxMoves: 1 }),
    },
  ];
}

/** Workloads that stand for a while and are cancelled, oldest first. */
function workloadScenarios(): OperationScenario[] {
  const open: { owner: Account; app: string; atMs: number }[] = [];
  const submission = (app: string, replicas: number) => ({
    app,
    generation: 1,
    replicas,
    request: REQUEST,
    regions: [...LOAD_REGIONS],
    priorityPpm: 500_000,
  });
  return [
    {
      operation: 'WorkloadSubmit',
      weight: 5,
      succeed(context) {
        if (open.length >= OPEN_WORKLOADS) return undefined;
        const owner = somebody(context);
        const app = freshLabel(context, 'app');
        open.push({ owner, app, atMs: context.atMs });
        const value = submission(app, 1 + (context.unique() % LOAD_REGIONS.length));
        return plan(owner, 'OK', operations.WorkloadSubmit, value);
      },
      fail: (context) =>
        plan(
          somebody(context),
          'INVALID_REPLICAS',
          operations.WorkloadSubmit,
          submission(freshLabel(context, 'app'), 0),
        ),
    },
    {
      operation: 'WorkloadCancel',
      weight: 5,
      succeed(context) {
        const [oldest] = open;
        if (oldest === undefined || context.atMs - oldest.atMs < SETTLED_MS) return undefined;
        open.shift();
        return plan(oldest.owner, 'OK', operations.WorkloadCancel, { app: oldest.app });
      },
      fail: (context) =>
        plan(somebody(context), 'WORKLOAD_UNKNOWN', operations.WorkloadCancel, {
          app: freshLabel(context, 'no-app'),
        }),
    },
  ];
}

/** Services that change their port a few times and go; each belongs to one account, which acts in order. */
function serviceScenarios(): OperationScenario[] {
  const open: { owner: Account; name: string; version: number }[] = [];
  const service = (name: string, port: number) => ({
    name,
    port,
    protocol: 'http' as const,
    endpoints: [],
  });
  return [
    {
      operation: 'SvcRegister',
      weight: 3,
      succeed(context) {
        if (open.length >= OPEN_SERVICES) return undefined;
        const owner = somebody(context);
        const name = freshLabel(context, 'service');
        open.push({ owner, name, version: 1 });
        return plan(owner, 'OK', operations.SvcRegister, service(name, 80));
      },
      fail(context) {
        const endpoint = {
          app: freshHash(context, 'no app'),
          replica: 0,
          node: strangerOf(context).publicKey,
          weight: 1,
        };
        return plan(somebody(context), 'ENDPOINT_NOT_RUNNING', operations.SvcRegister, {
          ...service(freshLabel(context, 'service'), 80),
          endpoints: [endpoint],
        });
      },
    },
    {
      operation: 'SvcUpdate',
      weight: 3,
      succeed(context) {
        if (open.length === 0) return undefined;
        const updated = context.rotate(open);
        const { owner, name, version } = updated;
        updated.version++;
        return plan(owner, 'OK', operations.SvcUpdate, {
          ...service(name, 8_000 + version),
          expectedVersion: version,
        });
      },
      fail: (context) =>
        plan(somebody(context), 'SERVICE_UNKNOWN', operations.SvcUpdate, {
          ...service(freshLabel(context, 'no-service'), 80),
          expectedVersion: 1,
        }),
    },
    {
      operation: 'SvcDeregister',
      weight: 2,
      succeed() {
        const oldest = open.shift();
        if (oldest === undefined) return undefined;
        return plan(oldest.owner, 'OK', operations.SvcDeregister, { name: oldest.name });
      },
      fail: (context) =>
        plan(somebody(context), 'SERVICE_UNKNOWN', operations.SvcDeregister, {
          name: freshLabel(context, 'no-service'),
        }),
    },
  ];
}

export const clusterScenarios: LedgerScenarios = {
  ledger: 'cluster',
  create: () => [...nodeScenarios(), ...workloadScenarios(), ...serviceScenarios()],
};
