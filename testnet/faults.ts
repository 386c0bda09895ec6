import { adminOf } from './admin.ts';
import { fullDiskObstacle, SlowSyncs, SmallDisk, slowDiskObstacle } from './disk-faults.ts';
import type { Fault, FaultKind } from './manifest.ts';
import { partition } from './stages/partition.ts';
import { launch, type StartSettings } from './stages/start.ts';
import { processOf, type Supervisor } from './supervisor.ts';

/** What every sync takes longer while a disk is slow. */
const SYNC_DELAY_MS = 100;

/** A fault that has happened. One of the two is called, once. */
export interface OngoingFault {
  /** Ends it: the nodes can work again, and run. They still have to catch up. */
  heal(): Promise<void>;
  /** Takes away what the fault needed, without a node being started: the testnet is about to be stopped. */
  abandon(): Promise<void>;
}

const OBSTACLES: Partial<Record<FaultKind, () => Promise<string | undefined>>> = {
  'full-disk': fullDiskObstacle,
  'slow-disk': slowDiskObstacle,
};

/** Those of the faults that cannot be done on this machine, with the reason. */
export async function impossibleFaults(
  wanted: readonly FaultKind[],
): Promise<{ kind: FaultKind; reason: string }[]> {
  const found: { kind: FaultKind; reason: string }[] = [];
  for (const kind of new Set(wanted)) {
    const reason = await OBSTACLES[kind]?.();
    if (reason !== undefined) found.push({ kind, reason });
  }
  return found;
}

/** Does to the nodes what the fault says; its end is left to the caller. */
export async function inject(
  supervisor: Supervisor,
  { kind, nodes, forMs }: Fault,
  settings: StartSettings,
): Promise<OngoingFault> {
  const nothing = async () => {};
  const startAgain = () => launch(supervisor, nodes, settings);
  switch (kind) {
    case 'kill':
      await supervisor.kill(nodes);
      return { heal: startAgain, abandon: nothing };
    case 'terminate':
    case 'restart':
      await supervisor.stop(nodes);
      return { heal: startAgain, abandon: nothing };
    case 'pause':
      await supervisor.freeze(nodes, true);
      return { heal: () => supervisor.freeze(nodes, false), abandon: nothing };
    case 'disconnect':
      await Promise.all(nodes.map((name) => isolate(supervisor, name, forMs)));
      return { heal: nothing, abandon: nothing }; // it ends by itself
    case 'partition':
      await partition(supervisor, sidesOf(supervisor, nodes));
      return { heal: () => partition(supervisor, []), abandon: nothing };
    case 'slow-disk':
      return await slowDown(supervisor, nodes);
    case 'full-disk':
      return await fillDisks(supervisor, nodes, settings);
  }
}

/** These nodes on one side, all others on the other. */
function sidesOf(supervisor: Supervisor, names: readonly string[]): string[][] {
  const others = supervisor.nodes.map(({ name }) => name).filter((name) => !names.includes(name));
  return [[...names], others];
}

async function isolate(supervisor: Supervisor, name: string, forMs: number): Promise<void> {
  await (await adminOf(supervisor, name)).call('admin_isolate', { forMs });
}

async function slowDown(supervisor: Supervisor, nodes: readonly string[]): Promise<OngoingFault> {
  await supervisor.refresh();
  const identities = nodes.map((name) => processOf(supervisor.node(name))).filter((one) => one !== undefined);
  const slowed = await Promise.all(identities.map(({ pid }) => SlowSyncs.of(pid, SYNC_DELAY_MS)));
  const end = async () => {
    await Promise.all(slowed.map((syncs) => syncs.end()));
  };
  return { heal: end, abandon: end };
}

/** The nodes move to small disks, work there for a moment, and then find no room any more; some end by themselves. */
async function fillDisks(
  supervisor: Supervisor,
  nodes: readonly string[],
  settings: StartSettings,
): Promise<OngoingFault> {
  const disks: SmallDisk[] = [];
  const release = async () => {
    await supervisor.stop(nodes);
    supervisor.expectEnd(nodes, false);
    for (const disk of disks) await disk.release();
  };
  try {
    await supervisor.stop(nodes);
    for (const name of nodes) disks.push(await SmallDisk.under(supervisor.directory.nodePath(name)));
    await launch(supervisor, nodes, settings);
    supervisor.expectEnd(nodes, true);
    for (const disk of disks) await disk.fill();
  } catch (error) {
    await release();
    throw error;
  }
  return {
    heal: async () => {
      await release();
      await launch(supervisor, nodes, settings);
    },
    abandon: release,
  };
}
