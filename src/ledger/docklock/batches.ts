import { verifySignature } from '../../crypto/ed25519.ts';
import { merkleRoot } from '../../crypto/merkle.ts';
import { DOCKLOCK, type StepBatch, stepBatchSigningBytes } from '../../types/operations/docklock.ts';
import type { Address } from '../../types/ssz-bytes.ts';
import {
  addUsage,
  type ChainTip,
  chainSteps,
  FIRST_TIP,
  NO_USAGE,
  type Step,
  sumUsage,
  type Usage,
} from '../../types/step-receipt.ts';
import { toHex } from '../../util/bytes.ts';
import type { OperationContext } from '../seam.ts';
import { hasLiveLease, nodes, placeOf } from '../state/cluster-records.ts';
import { type ContainerRecord, containers } from '../state/container-records.ts';
import { type AppRecord, apps } from './apps.ts';
import { failure } from './failure.ts';
import { chargeBatch } from './jobs.ts';
import { findImplausible } from './plausibility.ts';

/**
 * What nodes report of containers. The rules show who reported which steps in which order, that the runtime allows
 * them, that the owner wanted them and that the usage is possible; that they happened nobody but the node has seen.
 */

/**
 * The node has a live lease in S, and the replica is placed on it, or is unplaced and the node is the owner's own.
 * Returns the operator of the node.
 */
function assertEntitled(batch: StepBatch, app: AppRecord, context: OperationContext): Address {
  const cluster = context.at('cluster');
  const node = nodes.get(cluster, batch.node);
  if (!hasLiveLease(node, context.timeMs))
    throw failure('NODE_LEASE_ENDED', 'the node has no live lease in the state before this section');
  const place = placeOf(cluster, batch.app, batch.replica);
  const isHere = place === undefined ? node.operator === app.owner : place === batch.node;
  if (!isHere) throw failure('NOT_PLACED_HERE', 'the replica is not placed on this node');
  return node.operator;
}

/** Where the chain of the replica stands for this node: a node that took over begins a new container. */
function tipFor(batch: StepBatch, record: ContainerRecord | undefined, context: OperationContext): ChainTip {
  const { node, app, replica, generation } = batch;
  const base = { node, app, replica, generation };
  if (record === undefined) return { ...base, state: 'PENDING', sequence: 0, tip: FIRST_TIP };
  const { sequence, tip, state } = record;
  if (record.node === node) return { ...base, state, sequence, tip };
  const isOver = state === 'stopped' || state === 'DELETED';
  const isPlaced = placeOf(context.at('cluster'), app, replica) !== undefined;
  if (!isOver && !isPlaced && hasLiveLease(nodes.get(context.at('cluster'), record.node), context.timeMs))
    throw failure('CONTAINER_ELSEWHERE', 'another live node runs the replica');
  return { ...base, state: 'PENDING', sequence, tip };
}

/** A container is of the generation in which it was created; it is created anew only for a later one. */
function assertGeneration(
  { generation, steps }: StepBatch,
  from: ChainTip,
  record: ContainerRecord | undefined,
  app: AppRecord,
): void {
  const creates = steps[0]?.action === 'create';
  const lastGeneration = record?.generation ?? 0;
  const isRight = creates
    ? generation <= app.generation &&
      (from.state === 'PENDING' ? generation >= Math.max(1, lastGeneration) : generation > lastGeneration)
    : generation === lastGeneration;
  if (!isRight) throw failure('WRONG_GENERATION', `the container is of generation ${lastGeneration}`);
  if (steps.slice(1).some(({ action }) => action === 'create'))
    throw failure('WRONG_GENERATION', 'a new container begins a new batch');
}

/** The owner wants what was done. A stop takes a while to reach the node, so starts before it may come late. */
function assertDesired(batch: StepBatch, app: AppRecord, context: OperationContext): void {
  const does = (action: Step['action']) => batch.steps.some((step) => step.action === action);
  const isLate = context.timeMs - app.desiredSinceMs > context.parameters.leaseMs;
  if (does('create') && (batch.replica >= app.replicas || (app.desired === 'deleted' && isLate)))
    throw failure('REPLICA_NOT_DESIRED', `the app has ${app.replicas} replicas and is ${app.desired}`);
  if (!does('start') || app.desired === 'running') return;
  if (app.desired === 'created' || isLate)
    throw failure('START_NOT_DESIRED', `the app is wanted ${app.desired}`);
}

/** The times of the steps do not go back, nor beyond what rule time and the drift of clocks allow. */
function assertTimes(steps: readonly Step[], context: OperationContext): void {
  let last = 0;
  for (const { timeMs } of steps) {
    if (timeMs < last) throw failure('STEPS_OUT_OF_ORDER', 'a step is older than the one before');
    last = timeMs;
  }
  if (last > context.timeMs + slackMs(context))
    throw failure('IMPLAUSIBLE_TIME', 'a step lies in the future');
}

/** Rule time is that of the parent block: it lags by the interval of blocks, and clocks may drift. */
function slackMs({ parameters }: OperationContext): number {
  return parameters.emptyBlockIntervalMs + parameters.maxClockDriftMs;
}

/** Usage fits in the time since the last batch, and all usage in the time since the first. */
function assertPlausible(
  usage: Usage,
  total: Usage,
  record: ContainerRecord | undefined,
  app: AppRecord,
  context: OperationContext,
): void {
  const now = context.timeMs;
  const elapsed = now - (record?.lastBatchMs ?? app.desiredSinceMs);
  const lifetime = now - (record?.sinceMs ?? app.desiredSinceMs);
  const slack = slackMs(context);
  const hasNetwork = app.network !== 'none';
  const broken =
    findImplausible(usage, app.limits, hasNetwork, elapsed + slack) ??
    findImplausible(total, app.limits, hasNetwork, lifetime + slack);
  if (broken !== undefined) throw failure(broken, 'more than the limits allow in the time that passed');
}

const isSameUsage = (a: Usage, b: Usage): boolean =>
  a.cpuMs === b.cpuMs &&
  a.memoryMbS === b.memoryMbS &&
  a.storageMicroGbDay === b.storageMicroGbDay &&
  a.egressBytes === b.egressBytes;

export function executeStepBatch(batch: StepBatch, context: OperationContext): void {
  const { own, parameters, timeMs } = context;
  if (parameters.notaryQuorum > 0)
    throw failure('NOTARIES_TOO_FEW', 'this chain asks for notaries, and none are registered');
  const app = apps.get(own, batch.app);
  if (app === undefined) throw failure('APP_UNKNOWN', 'no such app');
  const operator = assertEntitled(batch, app, context);
  const { signature, ...body } = batch;
  if (!verifySignature(batch.node, stepBatchSigningBytes(context.genesisHash, body), signature))
    throw failure('STEP_SIGNATURE_WRONG', 'the node did not sign the batch');

  const { steps, fromSequence, toSequence } = batch;
  const last = steps.at(-1);
  if (last === undefined) throw failure('BATCH_EMPTY', 'a batch has steps');
  const record = containers.get(own, batch.app, batch.replica);
  const from = tipFor(batch, record, context);
  if (fromSequence !== from.sequence + 1) throw failure('SEQUENCE_GAP', `the next is ${from.sequence + 1}`);
  if (batch.previousTip !== from.tip) throw failure('CHAIN_BROKEN', 'the batch follows another tip');
  if (batch.count !== steps.length || toSequence !== from.sequence + steps.length)
    throw failure('WRONG_COUNT', `there are ${steps.length} steps`);
  assertGeneration(batch, from, record, app);
  assertTimes(steps, context);

  const replayed = chainSteps(from, steps);
  if ('impossible' in replayed)
    throw failure('IMPOSSIBLE_STEP', `step ${replayed.impossible} does not follow`);
  const { encoded, end } = replayed;
  if (end.tip !== batch.tip) throw failure('WRONG_TIP', 'the steps lead to another tip');
  if (toHex(merkleRoot(encoded)) !== batch.root) throw failure('WRONG_ROOT', 'the steps have another root');
  const usage = sumUsage(steps);
  if (!isSameUsage(usage, batch.usage)) throw failure('WRONG_USAGE', 'the steps used something else');
  assertDesired(batch, app, context);
  const total = addUsage(record?.usage ?? NO_USAGE, usage);
  assertPlausible(usage, total, record, app, context);

  const ended = steps.findLast(({ action }) => action === 'exit' || action === 'kill' || action === 'fail');
  const exitCode =
    end.state === 'stopped' || end.state === 'DELETED' ? (ended?.exitCode ?? record?.exitCode ?? 0) : 0;
  const { node, replica, generation, tip, root } = batch;
  const after: ContainerRecord = {
    node,
    generation,
    state: end.state,
    exitCode,
    sequence: end.sequence,
    tip,
    usage: total,
    sinceMs: record?.sinceMs ?? app.desiredSinceMs,
    lastBatchMs: timeMs,
  };
  containers.set(own, after, batch.app, replica);
  context.emit(DOCKLOCK.events.StepsRecorded, {
    node,
    app: batch.app,
    replica,
    generation,
    state: end.state,
    exitCode,
    fromSequence,
    toSequence,
    tip,
    root,
    usage,
    startLatencyMs: steps.findLast(({ action }) => action === 'start')?.durationMs ?? 0,
  });
  chargeBatch(batch, app.owner, operator, context);
}
