import { RESOURCE_NAMES } from '../../types/cluster-state.ts';
import {
  appId,
  CLUSTER,
  type Rebalance,
  type WorkloadCancel,
  type WorkloadSubmit,
} from '../../types/operations/cluster.ts';
import { LIMITS } from '../../util/limits.ts';
import type { OperationContext } from '../seam.ts';
import { NOWHERE, workloads } from '../state/cluster-records.ts';
import { assertLabel, failure } from './failure.ts';
import { retireIfEmpty } from './nodes.ts';
import {
  addPending,
  clusterState,
  countWorkloads,
  keepPending,
  moveReplica,
  operatorWeight,
  readSummary,
  rebalanceRequest,
} from './registry.ts';

/** What shall be placed. Placing itself is the work of the next BeginBlock. */

const MAX_PRIORITY_PPM = 1_000_000;

export function executeWorkloadSubmit(submit: WorkloadSubmit, context: OperationContext): void {
  const { app, generation, replicas, request, regions, priorityPpm } = submit;
  const { own, sender } = context;
  assertLabel(app, 'the name of the app');
  for (const region of regions) assertLabel(region, 'a region');
  if (replicas < 1 || replicas > LIMITS.maxWorkloadReplicas)
    throw failure('INVALID_REPLICAS', `1 to ${LIMITS.maxWorkloadReplicas} replicas`);
  if (RESOURCE_NAMES.every((name) => request[name] === 0))
    throw failure('EMPTY_REQUEST', 'a replica asks for something');
  if (priorityPpm < 1 || priorityPpm > MAX_PRIORITY_PPM)
    throw failure('INVALID_PRIORITY', `1 to ${MAX_PRIORITY_PPM} millionths`);
  const workload = appId(sender, app);
  if (workloads.has(own, workload)) throw failure('WORKLOAD_EXISTS', 'the workload stands; cancel it first');
  if (readSummary(own).workloads >= LIMITS.maxClusterWorkloads)
    throw failure('WORKLOADS_FULL', `at most ${LIMITS.maxClusterWorkloads} workloads`);
  const nodes = Array.from({ length: replicas }, () => NOWHERE);
  const queuedAtMs = context.timeMs;
  workloads.set(
    own,
    { owner: sender, app, generation, request, regions, priorityPpm, queuedAtMs, nodes },
    workload,
  );
  countWorkloads(own, 1);
  addPending(own, [workload]);
  context.emit(CLUSTER.events.WorkloadQueued, { workload, app, replicas, state: clusterState(own) });
}

export function executeWorkloadCancel({ app }: WorkloadCancel, context: OperationContext): void {
  const { own, sender } = context;
  assertLabel(app, 'the name of the app');
  const workload = appId(sender, app);
  const record = workloads.get(own, workload);
  if (record === undefined) throw failure('WORKLOAD_UNKNOWN', 'the sender has no such workload');
  let freed = 0;
  for (const [replica, node] of record.nodes.entries()) {
    if (node === NOWHERE) continue;
    moveReplica(own, workload, replica, NOWHERE);
    retireIfEmpty(context, node);
    freed++;
  }
  workloads.delete(own, workload);
  countWorkloads(own, -1);
  keepPending(own, (pending) => pending !== workload);
  context.emit(CLUSTER.events.WorkloadCancelled, { workload, freed, state: clusterState(own) });
}

/** Any operator of an ALIVE node may ask: the moves follow from the state, not from who asks. */
export function executeRebalance({ maxMoves }: Rebalance, context: OperationContext): void {
  const { own, sender } = context;
  if (operatorWeight(own, sender) === 0) throw failure('NOT_AN_OPERATOR', 'the sender has no ALIVE node');
  if (maxMoves < 1 || maxMoves > LIMITS.maxRebalanceMoves)
    throw failure('INVALID_MOVES', `1 to ${LIMITS.maxRebalanceMoves} moves`);
  if (rebalanceRequest.has(own)) throw failure('REBALANCE_PENDING', 'the next block rebalances already');
  rebalanceRequest.set(own, maxMoves);
  context.emit(CLUSTER.events.RebalanceQueued, { maxMoves, state: clusterState(own) });
}
