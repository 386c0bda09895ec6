import {
  CLUSTER_SYSTEM_RECEIPTS,
  MOVES_PER_RECEIPT,
  type Move,
  type NodeStatus,
} from '../../types/operations/cluster.ts';
import { type SystemReceiptBody, systemReceipt } from '../../types/system-receipt.ts';
import { LIMITS } from '../../util/limits.ts';
import type { LedgerContext, StateReader } from '../seam.ts';
import { type NodeRecord, nodes, placements } from '../state/cluster-records.ts';
import { suspect } from './leases.ts';
import { retire, retireIfEmpty } from './nodes.ts';
import { type Demand, planPlacements } from './placement.ts';
import { planRebalance } from './rebalance.ts';
import {
  clusterState,
  freeReplicas,
  keepPending,
  leaseQueue,
  listPending,
  moveReplica,
  noteDiff,
  placementDue,
  rebalanceRequest,
  requireNode,
  saveNode,
  suspicionQueue,
} from './registry.ts';
import { demandReader, listTakers } from './takers.ts';

function countOpen(settled: Demand['settled']): number {
  return settled.filter((region) => region === undefined).length;
}

/**
 * What the cluster does in BeginBlock, before any transaction: leases end, dead nodes lose their replicas, and
 * replicas get places. It depends on the state alone, so it comes out alike everywhere.
 */
class Upkeep {
  readonly #context: LedgerContext;
  readonly #moves: Move[] = [];
  readonly #receipts: SystemReceiptBody[] = [];
  /** What is left of this block's bound on entries looked at and replicas freed. */
  #room = LIMITS.maxExpiriesPerBlock;

  constructor(context: LedgerContext) {
    this.#context = context;
  }

  run(): SystemReceiptBody[] {
    this.#endLeases();
    this.#buryDead();
    this.#place();
    this.#rebalance();
    const { own, height } = this.#context;
    noteDiff(own, height, this.#moves);
    const state = clusterState(own);
    for (let start = 0; start < this.#moves.length; start += MOVES_PER_RECEIPT) {
      const moves = this.#moves.slice(start, start + MOVES_PER_RECEIPT);
      this.#receipts.push(systemReceipt(CLUSTER_SYSTEM_RECEIPTS.ReplicasMoved, { moves, state }));
    }
    return this.#receipts;
  }

  #changed(node: string, { incarnation, status: from }: NodeRecord, to: NodeStatus): void {
    this.#receipts.push(
      systemReceipt(CLUSTER_SYSTEM_RECEIPTS.NodeStatusChanged, { node, incarnation, from, to }),
    );
  }

  /** ALIVE nodes become SUSPECT and may still refute; a leaving node that fell silent has left. */
  #endLeases(): void {
    const { own, timeMs } = this.#context;
    while (this.#room > 0) {
      const due = leaseQueue.first(own);
      if (due === undefined || due.dueMs >= timeMs) return;
      leaseQueue.shift(own);
      this.#room--;
      const node = nodes.get(own, due.node);
      if (node === undefined || node.leaseUntilMs !== due.dueMs) continue;
      if (node.status === 'ALIVE') {
        suspect(this.#context, due.node);
        this.#changed(due.node, node, 'SUSPECT');
      } else if (node.status === 'DRAINING') {
        this.#freeReplicas(due.node);
        retire(this.#context, due.node, requireNode(own, due.node));
        this.#changed(due.node, node, 'LEFT');
      }
    }
  }

  #buryDead(): void {
    const { own, timeMs, parameters } = this.#context;
    while (this.#room > 0) {
      const due = suspicionQueue.first(own);
      if (due === undefined || due.dueMs > timeMs) return;
      suspicionQueue.shift(own);
      this.#room--;
      const node = nodes.get(own, due.node);
      if (node?.status !== 'SUSPECT' || node.suspectedAtMs + parameters.suspectMs !== due.dueMs) continue;
      this.#freeReplicas(due.node);
      saveNode(own, due.node, { ...requireNode(own, due.node), status: 'DEAD' });
      this.#changed(due.node, node, 'DEAD');
    }
  }

  #freeReplicas(node: string): void {
    const moves = freeReplicas(this.#context.own, node);
    this.#moves.push(...moves);
    this.#room -= moves.length;
  }

  #place(): void {
    const { own, timeMs } = this.#context;
    if (!placementDue.has(own)) return;
    const pending = listPending(own);
    const demands = pending.map(demandReader(own));
    const placed = planPlacements(listTakers(own), demands, timeMs, LIMITS.maxPlacementsPerBlock);
    for (const { workload, replica, to } of placed) this.#move(workload, replica, to);
    // A node that came back, or left, may have settled what nobody placed.
    const open = new Map(demands.map(({ workload, settled }) => [workload, countOpen(settled)]));
    for (const { workload } of placed) open.set(workload, (open.get(workload) ?? 0) - 1);
    keepPending(own, (workload) => open.get(workload) !== 0);
    if (placed.length < LIMITS.maxPlacementsPerBlock) placementDue.delete(own);
  }

  #move(workload: string, replica: number, to: string): void {
    const { own } = this.#context;
    const move = moveReplica(own, workload, replica, to);
    this.#moves.push(move);
    const [from] = move.from;
    if (from === undefined) return;
    const source = retireIfEmpty(this.#context, from);
    if (source !== undefined) this.#changed(from, source, 'LEFT');
  }

  #rebalance(): void {
    const { own } = this.#context;
    const maxMoves = rebalanceRequest.get(own);
    if (maxMoves === undefined) return;
    rebalanceRequest.delete(own);
    const demandOf = demandReader(own);
    const replicasOn = (node: string) =>
      (placements.get(own, node) ?? []).map(({ workload, replica }) => ({
        replica,
        demand: demandOf(workload),
      }));
    for (const { workload, replica, to } of planRebalance(listTakers(own), replicasOn, maxMoves))
      this.#move(workload, replica, to);
  }
}

/** Whether the next {@link runUpkeep} has something to do that is known now; leases that end later are not. */
export function hasUpkeep(own: StateReader, timeMs: number): boolean {
  const lease = leaseQueue.first(own);
  const suspicion = suspicionQueue.first(own);
  return (
    placementDue.has(own) ||
    rebalanceRequest.has(own) ||
    (lease !== undefined && lease.dueMs < timeMs) ||
    (suspicion !== undefined && suspicion.dueMs <= timeMs)
  );
}

/** Expiry and placement, bounded by LIMITS.maxExpiriesPerBlock and maxPlacementsPerBlock; the rest carries over. */
export function runUpkeep(context: LedgerContext): SystemReceiptBody[] {
  return new Upkeep(context).run();
}
