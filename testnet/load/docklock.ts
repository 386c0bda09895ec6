import { signHeartbeat, signNodeJoin } from '../../src/client/cluster-node.ts';
import { signImage } from '../../src/client/image-provenance.ts';
import { appId, CLUSTER } from '../../src/types/operations/cluster.ts';
import { type ContainerLimits, DOCKLOCK, NO_DOCUMENT } from '../../src/types/operations/docklock.ts';
import { type Account, deriveKeys } from '../identities.ts';
import { stepBatch } from './docklock-reports.ts';
import { type App, Workshop } from './docklock-workshop.ts';
import { freshHash, plan } from './planning.ts';
import type { LedgerScenarios, OperationScenario, PlanContext } from './scenario.ts';

const { operations } = DOCKLOCK;

const LIMITS: ContainerLimits = { cpuMilli: 500, memoryMib: 128, diskMib: 64, pids: 32 };
const MEDIA_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const BUILDER = 'https://metanode.dev/load-test';
const BEAT_MS = 20_000;

function images(workshop: Workshop): OperationScenario {
  const register = (context: PlanContext, expected: string, signers: number) => {
    const owner = workshop.owner(context);
    const image = {
      digest: freshHash(context, 'image'),
      mediaType: MEDIA_TYPE,
      size: 1_000_000,
      name: 'load',
      buildType: `${BUILDER}/v1`,
      builder: BUILDER,
    };
    const value = signImage(image, context.authorities.imageSigners.slice(0, signers));
    return { owner, digest: image.digest, planned: plan(owner, expected, operations.ImageRegister, value) };
  };
  return {
    operation: 'ImageRegister',
    weight: 1,
    succeed(context) {
      const { owner, digest, planned } = register(context, 'OK', 2);
      workshop.noteImage(owner, digest);
      return planned;
    },
    fail: (context) => register(context, 'PROVENANCE_SIGNATURES_TOO_FEW', 1).planned,
  };
}

function deploy(workshop: Workshop): OperationScenario {
  const deployOf = (context: PlanContext, image: string) => ({
    name: `load-${context.runId}-${context.unique()}`,
    image,
    replicas: 1,
    limits: LIMITS,
    policy: NO_DOCUMENT,
    seccomp: NO_DOCUMENT,
    network: 'none' as const,
    allowlist: [],
    readOnlyRoot: true,
    deterministic: false,
  });
  return {
    operation: 'Deploy',
    weight: 2,
    succeed(context) {
      const owner = workshop.owner(context);
      const image = workshop.imageOf(owner);
      if (image === undefined || workshop.isFull) return undefined;
      const value = deployOf(context, image);
      workshop.add({
        owner,
        id: appId(owner.address, value.name),
        generation: 1,
        desired: 'created',
        replicas: value.replicas,
        cpuMilli: LIMITS.cpuMilli,
        starts: 0,
        samples: 0,
        tip: undefined,
      });
      return plan(owner, 'OK', operations.Deploy, value);
    },
    fail: (context) =>
      plan(
        workshop.owner(context),
        'IMAGE_UNKNOWN',
        operations.Deploy,
        deployOf(context, freshHash(context, 'no image')),
      ),
  };
}

const isIdle = ({ tip }: App): boolean => tip === undefined || tip.state === 'stopped';

/** The operations that change what an owner wants; each knows which apps it fits. */
function changes(workshop: Workshop): OperationScenario[] {
  const change = (app: App, difference: Partial<App>) => {
    const expectedGeneration = app.generation;
    Object.assign(app, difference, { generation: app.generation + 1 });
    return { app: app.id, expectedGeneration };
  };
  const unknown = (context: PlanContext) => ({ app: freshHash(context, 'no app'), expectedGeneration: 1 });
  const limitsOf = (cpuMilli: number) => [{ ...LIMITS, cpuMilli }];
  return [
    {
      operation: 'Start',
      weight: 3,
      succeed() {
        const app = workshop.take(({ desired }) => desired === 'created' || desired === 'stopped');
        if (app === undefined) return undefined;
        const value = change(app, { desired: 'running', starts: app.starts + 1, samples: 0 });
        return plan(app.owner, 'OK', operations.Start, value);
      },
      fail: (context) => plan(workshop.owner(context), 'APP_UNKNOWN', operations.Start, unknown(context)),
    },
    {
      operation: 'Stop',
      weight: 1,
      succeed() {
        const app = workshop.take(({ desired, tip }) => desired === 'running' && tip?.state === 'stopped');
        if (app === undefined) return undefined;
        return plan(app.owner, 'OK', operations.Stop, {
          ...change(app, { desired: 'stopped' }),
          graceMs: 5_000,
        });
      },
      fail(context) {
        const app = workshop.take(({ desired }) => desired === 'created');
        const graceMs = 5_000;
        if (app === undefined)
          return plan(workshop.owner(context), 'APP_UNKNOWN', operations.Stop, {
            ...unknown(context),
            graceMs,
          });
        const value = { app: app.id, expectedGeneration: app.generation, graceMs };
        return plan(app.owner, 'NOTHING_CHANGES', operations.Stop, value);
      },
    },
    {
      operation: 'Scale',
      weight: 1,
      succeed() {
        const app = workshop.take(({ desired }) => desired !== 'deleted');
        if (app === undefined) return undefined;
        const replicas = app.replicas === 1 ? 2 : 1;
        return plan(app.owner, 'OK', operations.Scale, { ...change(app, { replicas }), replicas });
      },
      fail(context) {
        const value = { ...unknown(context), replicas: 2 };
        return plan(workshop.owner(context), 'APP_UNKNOWN', operations.Scale, value);
      },
    },
    {
      operation: 'Update',
      weight: 1,
      succeed() {
        const app = workshop.take(({ desired }) => desired !== 'deleted');
        if (app === undefined) return undefined;
        const cpuMilli = app.cpuMilli === LIMITS.cpuMilli ? 2 * LIMITS.cpuMilli : LIMITS.cpuMilli;
        const value = { ...change(app, { cpuMilli }), image: [], limits: limitsOf(cpuMilli) };
        return plan(app.owner, 'OK', operations.Update, value);
      },
      fail(context) {
        const app = workshop.take(({ desired }) => desired !== 'deleted');
        if (app === undefined) {
          const value = { ...unknown(context), image: [], limits: limitsOf(1) };
          return plan(workshop.owner(context), 'APP_UNKNOWN', operations.Update, value);
        }
        const crossed = {
          app: app.id,
          expectedGeneration: app.generation + 1,
          image: [],
          limits: limitsOf(1),
        };
        return plan(app.owner, 'GENERATION_CHANGED', operations.Update, crossed);
      },
    },
    {
      operation: 'Delete',
      weight: 1,
      succeed() {
        const app = workshop.take((one) => one.desired !== 'deleted' && one.starts > 1 && isIdle(one));
        if (app === undefined) return undefined;
        return plan(app.owner, 'OK', operations.Delete, change(app, { desired: 'deleted' }));
      },
      fail: (context) => plan(workshop.owner(context), 'APP_UNKNOWN', operations.Delete, unknown(context)),
    },
  ];
}

/** The nodes that report. They offer next to nothing, so that no workload of anybody is placed on them. */
function nodes(workshop: Workshop): OperationScenario[] {
  const fields = { region: 'load', asn: 0, implementation: 'load', bondRef: [] };
  const capacity = { cpuMilli: 0, memoryMib: 0, diskMib: 1 };
  const nothing = { cpuMilli: 0, memoryMib: 0, diskMib: 0 };
  const join = (context: PlanContext, owner: Account, expected: string, room: typeof capacity) => {
    const { keys } = workshop.worker(context, owner);
    const value = signNodeJoin(keys, context.genesisHash, owner.address, { ...fields, capacity: room });
    return plan(owner, expected, CLUSTER.operations.NodeJoin, value);
  };
  return [
    {
      operation: 'NodeJoin',
      ledger: 'cluster',
      weight: 1,
      succeed(context) {
        const owner = workshop
          .owners(context)
          .find((one) => workshop.worker(context, one).joinedAtMs === undefined);
        if (owner === undefined) return undefined;
        const worker = workshop.worker(context, owner);
        worker.joinedAtMs = context.atMs;
        worker.beatAtMs = context.atMs;
        return join(context, owner, 'OK', capacity);
      },
      fail: (context) => join(context, workshop.owner(context), 'NO_CAPACITY', nothing),
    },
    {
      operation: 'Heartbeat',
      ledger: 'cluster',
      weight: 2,
      succeed(context) {
        for (const owner of workshop.owners(context)) {
          const worker = workshop.worker(context, owner);
          if (worker.joinedAtMs === undefined || context.atMs - worker.beatAtMs < BEAT_MS) continue;
          worker.beatAtMs = context.atMs;
          const beat = { sequence: ++worker.sequence, incarnation: 0, free: nothing, suspects: [] };
          const value = signHeartbeat(worker.keys, context.genesisHash, beat);
          return plan(owner, 'OK', CLUSTER.operations.Heartbeat, value);
        }
        return undefined;
      },
      fail(context) {
        const stranger = deriveKeys(context.seed, `docklock-stranger/${context.unique()}`);
        const beat = { sequence: 1, incarnation: 0, free: nothing, suspects: [] };
        const value = signHeartbeat(stranger, context.genesisHash, beat);
        return plan(workshop.owner(context), 'NODE_UNKNOWN', CLUSTER.operations.Heartbeat, value);
      },
    },
  ];
}

export const docklockScenarios: LedgerScenarios = {
  ledger: 'docklock',
  create() {
    const workshop = new Workshop();
    // The nodes come first: all reports wait for their leases.
    return [
      ...nodes(workshop),
      images(workshop),
      deploy(workshop),
      ...changes(workshop),
      stepBatch(workshop),
    ];
  },
};
