import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import type { ClusterState } from '../../types/cluster-state.ts';
import { hashPlacementDiff, type Move, type NodeStatus } from '../../types/operations/cluster.ts';
import { AddressType, type Hash, Hash32, Key32 } from '../../types/ssz-bytes.ts';
import { Height, SafeU64, U8, U16, U32 } from '../../types/ssz-numbers.ts';
import { LIMITS } from '../../util/limits.ts';
import { InvariantViolation, type StateReader, type StateWriter } from '../seam.ts';
import {
  NOWHERE,
  type NodeRecord,
  nodes,
  placements,
  type WorkloadRecord,
  workloads,
} from '../state/cluster-records.ts';
import { Queue } from '../state/queue.ts';
import { Table } from '../state/table.ts';
import { isWithin, minus, NOTHING, plus } from './resources.ts';

/** Nodes, workloads and their indexes, kept in step: nothing in this ledger ever looks through all state. */

/** Statuses in which a node may carry replicas and counts in the capacity. */
const SERVING: readonly NodeStatus[] = ['ALIVE', 'SUSPECT', 'DRAINING'];
export function isServing(status: NodeStatus): boolean {
  return SERVING.includes(status);
}

const NodeListType = new ListCompositeType(Key32, LIMITS.maxClusterNodes);
/** Serving nodes, sorted. */
const servingNodes = new Table('serving-nodes', NodeListType);

const WorkloadListType = new ListCompositeType(Hash32, LIMITS.maxClusterWorkloads);
/** Workloads of which a replica needs a place, sorted. */
const pendingWorkloads = new Table('pending', WorkloadListType);

const TotalsType = new ContainerType({ cpuMilli: SafeU64, memoryMib: SafeU64, diskMib: SafeU64 });
const SummaryType = new ContainerType({
  alive: U32,
  /** Nodes that joined and have not left. */
  joined: U32,
  /** Weight of the ALIVE nodes. */
  aliveWeight: SafeU64,
  capacity: TotalsType,
  used: TotalsType,
  workloads: U32,
});
type Summary = ValueOf<typeof SummaryType>;
const summaryTable = new Table('summary', SummaryType);

/**
 * Stands while some pending workload may find a place: one came, a node came, room was freed, or the bound of a block
 * was reached. Without it another look would place nothing, because what did not fit does not fit until then.
 */
export const placementDue = new Table('placement-due', U8);

/** Weight of the ALIVE nodes of an operator. */
const operatorWeights = new Table('operator', SafeU64);

const DueType = new ContainerType({ node: Key32, dueMs: SafeU64 });
/** One entry per renewal of a lease, in the order of `dueMs`; one whose lease was renewed meanwhile says nothing. */
export const leaseQueue = new Queue<ValueOf<typeof DueType>>('lease', DueType);
/** One entry per suspicion, in the order of `dueMs`. */
export const suspicionQueue = new Queue<ValueOf<typeof DueType>>('suspicion-due', DueType);

const DiffType = new ContainerType({ height: Height, hash: Hash32, moves: U32 });
const lastDiff = new Table('placement-diff', DiffType);

/** Moves that the next BeginBlock makes for balance, if any. */
export const rebalanceRequest = new Table('rebalance', U16);

const SuspicionType = new ContainerType({
  incarnation: U32,
  sinceMs: SafeU64,
  weight: SafeU64,
  operators: new ListCompositeType(AddressType, LIMITS.maxClusterNodes),
});
export const suspicions = new Table('suspicion', SuspicionType);

export function readSummary(cluster: StateReader): Summary {
  return (
    summaryTable.get(cluster) ?? {
      alive: 0,
      joined: 0,
      aliveWeight: 0,
      capacity: NOTHING,
      used: NOTHING,
      workloads: 0,
    }
  );
}

/** The cluster in numbers, as receipts show it. */
export function clusterState(cluster: StateReader): ClusterState {
  const { alive, joined, capacity, used } = readSummary(cluster);
  const healthPpm = joined === 0 ? 0 : Math.floor((alive * 1_000_000) / joined);
  return { alive, capacity, used, healthPpm };
}

export function listServing(cluster: StateReader): readonly string[] {
  return servingNodes.get(cluster) ?? [];
}

export function listPending(cluster: StateReader): readonly string[] {
  return pendingWorkloads.get(cluster) ?? [];
}

export function operatorWeight(cluster: StateReader, operator: string): number {
  return operatorWeights.get(cluster, operator) ?? 0;
}

function withMember(list: readonly string[], member: string, present: boolean): string[] | undefined {
  if (list.includes(member) === present) return undefined;
  return present ? [...list, member].sort() : list.filter((other) => other !== member);
}

/** Replicas of these workloads need a place. */
export function addPending(own: StateWriter, added: readonly Hash[]): void {
  if (added.length === 0) return;
  const pending = listPending(own);
  const all = new Set([...pending, ...added]);
  if (all.size > pending.length) pendingWorkloads.set(own, [...all].sort());
  placementDue.set(own, 1);
}

/** Leaves in the list of pending workloads what is still open. */
export function keepPending(own: StateWriter, isOpen: (workload: Hash) => boolean): void {
  const pending = listPending(own);
  const open = pending.filter(isOpen);
  if (open.length < pending.length) pendingWorkloads.set(own, open);
}

/** Whether a node can take more than before. */
function gainsRoom(before: NodeRecord | undefined, after: NodeRecord): boolean {
  if (after.status !== 'ALIVE') return false;
  return before?.status !== 'ALIVE' || !isWithin(before.used, after.used);
}

/** What a node adds to the summary in its status. */
function contribution(node: NodeRecord | undefined): Omit<Summary, 'workloads'> {
  if (node === undefined) return { alive: 0, joined: 0, aliveWeight: 0, capacity: NOTHING, used: NOTHING };
  const isAlive = node.status === 'ALIVE';
  const serves = isServing(node.status);
  return {
    alive: isAlive ? 1 : 0,
    joined: node.status === 'LEFT' ? 0 : 1,
    aliveWeight: isAlive ? node.weight : 0,
    capacity: serves ? node.capacity : NOTHING,
    used: serves ? node.used : NOTHING,
  };
}

/**
 * Writes a node and everything that is counted or listed about it.
 * @throws InvariantViolation if more is reserved on it than it has, or a node that serves nobody holds a replica
 */
export function saveNode(own: StateWriter, id: string, after: NodeRecord): void {
  if (!isWithin(after.used, after.capacity))
    throw new InvariantViolation(`more is reserved on node ${id} than it has`);
  const old = nodes.get(own, id);
  const gone = contribution(old);
  const come = contribution(after);
  nodes.set(own, after, id);
  const summary = readSummary(own);
  summaryTable.set(own, {
    alive: summary.alive - gone.alive + come.alive,
    joined: summary.joined - gone.joined + come.joined,
    aliveWeight: summary.aliveWeight - gone.aliveWeight + come.aliveWeight,
    capacity: plus(minus(summary.capacity, gone.capacity), come.capacity),
    used: plus(minus(summary.used, gone.used), come.used),
    workloads: summary.workloads,
  });
  if (gone.aliveWeight !== come.aliveWeight) {
    const weight = operatorWeight(own, after.operator) - gone.aliveWeight + come.aliveWeight;
    if (weight === 0) operatorWeights.delete(own, after.operator);
    else operatorWeights.set(own, weight, after.operator);
  }
  if (gainsRoom(old, after) && listPending(own).length > 0) placementDue.set(own, 1);
  const serves = isServing(after.status);
  if (serves === (old !== undefined && isServing(old.status))) return;
  const serving = withMember(listServing(own), id, serves);
  if (serving !== undefined) servingNodes.set(own, serving);
}

export function countWorkloads(own: StateWriter, change: 1 | -1): void {
  const summary = readSummary(own);
  summaryTable.set(own, { ...summary, workloads: summary.workloads + change });
}

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new InvariantViolation(`the cluster has no ${what}`);
  return value;
}

export function requireWorkload(own: StateReader, id: Hash): WorkloadRecord {
  return required(workloads.get(own, id), `workload ${id}`);
}

export function requireNode(own: StateReader, id: string): NodeRecord {
  return required(nodes.get(own, id), `node ${id}`);
}

/** Takes a replica from where it stands, if anywhere, and puts it on `to`, or nowhere. */
export function moveReplica(own: StateWriter, id: Hash, replica: number, to: string): Move {
  const workload = requireWorkload(own, id);
  const from = required(workload.nodes[replica], `replica ${replica} of ${id}`);
  if (from !== NOWHERE) {
    const source = requireNode(own, from);
    const rest = (placements.get(own, from) ?? []).filter(
      (placed) => placed.workload !== id || placed.replica !== replica,
    );
    if (rest.length === 0) placements.delete(own, from);
    else placements.set(own, rest, from);
    saveNode(own, from, { ...source, used: minus(source.used, workload.request) });
  }
  if (to !== NOWHERE) {
    const target = requireNode(own, to);
    if (target.status !== 'ALIVE') throw new InvariantViolation(`node ${to} takes no replicas`);
    placements.set(own, [...(placements.get(own, to) ?? []), { workload: id, replica }], to);
    saveNode(own, to, { ...target, used: plus(target.used, workload.request) });
  }
  workloads.set(own, { ...workload, nodes: workload.nodes.with(replica, to) }, id);
  const place = (node: string) => (node === NOWHERE ? [] : [node]);
  return { workload: id, replica, from: place(from), to: place(to) };
}

/** Takes all replicas from a node, in the order in which they came; they stand nowhere and are pending. */
export function freeReplicas(own: StateWriter, id: string): Move[] {
  const placed = placements.get(own, id) ?? [];
  const moves = placed.map(({ workload, replica }): Move => {
    const record = requireWorkload(own, workload);
    workloads.set(own, { ...record, nodes: record.nodes.with(replica, NOWHERE) }, workload);
    return { workload, replica, from: [id], to: [] };
  });
  placements.delete(own, id);
  saveNode(own, id, { ...requireNode(own, id), used: NOTHING });
  addPending(
    own,
    placed.map(({ workload }) => workload),
  );
  return moves;
}

/** Notes what a BeginBlock moved, for the proof of its section. */
export function noteDiff(own: StateWriter, height: number, moves: readonly Move[]): void {
  if (moves.length > 0) lastDiff.set(own, { height, hash: hashPlacementDiff(moves), moves: moves.length });
}

/** Hash and size of what BeginBlock of this height moved. */
export function placementDiff(cluster: StateReader, height: number): { hash: Hash; moves: number } {
  const diff = lastDiff.get(cluster);
  return diff?.height === height ? diff : { hash: hashPlacementDiff([]), moves: 0 };
}
