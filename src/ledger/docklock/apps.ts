import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { appId } from '../../types/operations/cluster.ts';
import {
  type ContainerLimits,
  type Delete,
  type Deploy,
  DesiredStateType,
  DOCKLOCK,
  LimitsType,
  NETWORK_MODES,
  NO_DOCUMENT,
  type Scale,
  type Start,
  type Stop,
  type Update,
} from '../../types/operations/docklock.ts';
import { AddressType, type Hash, Hash32, Text } from '../../types/ssz-bytes.ts';
import { Bool, NameOf, SafeU64, U16, U32 } from '../../types/ssz-numbers.ts';
import { LIMITS } from '../../util/limits.ts';
import type { OperationContext, StateReader } from '../seam.ts';
import { Table } from '../state/table.ts';
import { failure } from './failure.ts';
import { images } from './images.ts';

/** Apps as their owners want them. Nothing here says what runs: that is for the nodes to report. */

const AppRecordType = new ContainerType({
  owner: AddressType,
  name: Text(63),
  generation: U32,
  desired: DesiredStateType,
  /** Rule time since which it is desired. */
  desiredSinceMs: SafeU64,
  graceMs: U32,
  image: Hash32,
  replicas: U16,
  limits: LimitsType,
  policy: Hash32,
  seccomp: Hash32,
  network: NameOf(NETWORK_MODES),
  readOnlyRoot: Bool,
  deterministic: Bool,
});
export type AppRecord = ValueOf<typeof AppRecordType>;
/** app/<id> */
export const apps = new Table('app', AppRecordType);

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const HOST = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[1-9]\d{0,4})?$/;
const MAX_PIDS = 32_768;

/** Far above any machine; usage within them stays an exact number over the life of a chain. */
const MAX_LIMITS: ContainerLimits = {
  cpuMilli: 1_000_000,
  memoryMib: 16_777_216,
  diskMib: 268_435_456,
  pids: MAX_PIDS,
};

function assertLimits(limits: ContainerLimits): void {
  for (const name of ['cpuMilli', 'memoryMib', 'diskMib', 'pids'] as const)
    if (limits[name] < 1 || limits[name] > MAX_LIMITS[name])
      throw failure('INVALID_LIMITS', `${name} is from 1 to ${MAX_LIMITS[name]}`);
}

function assertReplicas(replicas: number): void {
  if (replicas < 1 || replicas > LIMITS.maxWorkloadReplicas)
    throw failure('INVALID_REPLICA_COUNT', `1 to ${LIMITS.maxWorkloadReplicas} replicas`);
}

function assertImage(own: StateReader, digest: Hash): void {
  if (!images.has(own, digest)) throw failure('IMAGE_UNKNOWN', 'the image is not registered');
}

function assertNetwork({ network, allowlist }: Deploy): void {
  if (network === 'none' ? allowlist.length > 0 : allowlist.length === 0)
    throw failure('INVALID_ALLOWLIST', 'hosts are listed if and only if the network is by allowlist');
  for (const host of allowlist)
    if (!HOST.test(host)) throw failure('INVALID_ALLOWLIST', 'a host is a name with an optional port');
}

const desiredOf = (app: Hash, { generation, desired, image, replicas, limits }: AppRecord) => ({
  app,
  generation,
  desired,
  image,
  replicas,
  limits,
});

export function executeDeploy(deploy: Deploy, context: OperationContext): void {
  const { own, sender, timeMs } = context;
  const { name, image, replicas, limits, policy, seccomp, network, readOnlyRoot, deterministic } = deploy;
  if (!NAME.test(name)) throw failure('INVALID_NAME', 'the name is no DNS label');
  const app = appId(sender, name);
  if (apps.has(own, app)) throw failure('APP_EXISTS', 'the sender has an app of this name');
  assertReplicas(replicas);
  assertLimits(limits);
  assertNetwork(deploy);
  if (deterministic && (network !== 'none' || !readOnlyRoot || seccomp === NO_DOCUMENT))
    throw failure('NOT_DETERMINISTIC', 'no network, a read-only root and a seccomp profile');
  assertImage(own, image);
  const record: AppRecord = {
    owner: sender,
    name,
    generation: 1,
    desired: 'created',
    desiredSinceMs: timeMs,
    graceMs: 0,
    image,
    replicas,
    limits,
    policy,
    seccomp,
    network,
    readOnlyRoot,
    deterministic,
  };
  apps.set(own, record, app);
  context.emit(DOCKLOCK.events.AppDeployed, { app, owner: sender, name, desired: desiredOf(app, record) });
}

/** Applies a change of the owner to the generation that it was made for; the result is the next generation. */
function changeApp(
  { app, expectedGeneration }: { readonly app: Hash; readonly expectedGeneration: number },
  context: OperationContext,
  change: (record: AppRecord) => Partial<AppRecord>,
): void {
  const { own, sender, timeMs } = context;
  const record = apps.get(own, app);
  if (record === undefined) throw failure('APP_UNKNOWN', 'no such app');
  if (record.owner !== sender) throw failure('NOT_APP_OWNER', 'the app belongs to another account');
  if (record.desired === 'deleted') throw failure('APP_DELETED', 'the app was deleted');
  if (record.generation !== expectedGeneration)
    throw failure('GENERATION_CHANGED', `the app is in generation ${record.generation}`);
  const changed = change(record);
  const isNewState = changed.desired !== undefined && changed.desired !== record.desired;
  const after: AppRecord = {
    ...record,
    ...changed,
    generation: record.generation + 1,
    desiredSinceMs: isNewState ? timeMs : record.desiredSinceMs,
  };
  apps.set(own, after, app);
  context.emit(DOCKLOCK.events.DesiredChanged, desiredOf(app, after));
}

/** Also restarts: the new generation allows a stopped container to be created again. */
export function executeStart(start: Start, context: OperationContext): void {
  changeApp(start, context, () => ({ desired: 'running' }));
}

export function executeStop(stop: Stop, context: OperationContext): void {
  changeApp(stop, context, ({ desired }) => {
    if (desired !== 'running') throw failure('NOTHING_CHANGES', `the app is wanted ${desired}`);
    return { desired: 'stopped', graceMs: stop.graceMs };
  });
}

export function executeScale(scale: Scale, context: OperationContext): void {
  changeApp(scale, context, ({ replicas }) => {
    assertReplicas(scale.replicas);
    if (replicas === scale.replicas) throw failure('NOTHING_CHANGES', 'the app has so many replicas');
    return { replicas: scale.replicas };
  });
}

export function executeUpdate(update: Update, context: OperationContext): void {
  changeApp(update, context, () => {
    const [image] = update.image;
    const [limits] = update.limits;
    if (image === undefined && limits === undefined)
      throw failure('NOTHING_CHANGES', 'neither an image nor limits');
    if (image !== undefined) assertImage(context.own, image);
    if (limits !== undefined) assertLimits(limits);
    return { ...(image === undefined ? {} : { image }), ...(limits === undefined ? {} : { limits }) };
  });
}

export function executeDelete(operation: Delete, context: OperationContext): void {
  changeApp(operation, context, () => ({ desired: 'deleted' }));
}
