import { LIMITS } from '../../util/limits.ts';
import {
  countRegions,
  type Demand,
  obstacleOf,
  type Placement,
  type PlacementNode,
  TieBreaker,
} from './placement.ts';
import { dominantSharePpm, minus, plus } from './resources.ts';

/** A replica as a rebalance sees it: its number, and its workload with where all replicas stand. */
export interface Movable {
  readonly replica: number;
  readonly demand: Demand;
}

const loadOf = (node: PlacementNode): number => dominantSharePpm(node.used, node.capacity);

/** The node with the greatest dominant share in use; of equals the one with the smallest id. */
function mostLoaded(nodes: readonly PlacementNode[]): PlacementNode | undefined {
  let most: PlacementNode | undefined;
  for (const node of nodes)
    if (
      most === undefined ||
      loadOf(node) > loadOf(most) ||
      (loadOf(node) === loadOf(most) && node.id < most.id)
    )
      most = node;
  return most;
}

/** The node that would be least loaded with the replica, if that is less than the load that the source has now. */
function betterPlace(
  { replica, demand }: Movable,
  source: PlacementNode,
  nodes: readonly PlacementNode[],
  ties: TieBreaker,
): PlacementNode | undefined {
  const inRegion = countRegions(demand.settled.with(replica, undefined));
  let best: PlacementNode[] = [];
  let least = loadOf(source);
  for (const node of nodes) {
    if (node === source || obstacleOf(demand, node, inRegion) !== undefined) continue;
    const load = dominantSharePpm(plus(node.used, demand.request), node.capacity);
    if (load < least) {
      best = [node];
      least = load;
    } else if (load === least && best.length > 0) best.push(node);
  }
  return ties.choose(demand.workload, replica, best);
}

/**
 * Moves replicas one by one from the most loaded node to where the load stays lowest, as long as that helps. Of a
 * node only the first replicas are looked at, and each workload moves at most once, so the work is bounded.
 */
export function planRebalance(
  nodes: readonly PlacementNode[],
  replicasOn: (node: string) => readonly Movable[],
  maxMoves: number,
): Placement[] {
  const moves: Placement[] = [];
  const moved = new Set<string>();
  const ties = new TieBreaker();
  while (moves.length < maxMoves) {
    const source = mostLoaded(nodes);
    if (source === undefined) break;
    const move = firstMove(source, nodes, replicasOn, moved, ties);
    if (move === undefined) break;
    const { movable, target } = move;
    const { workload, request } = movable.demand;
    source.used = minus(source.used, request);
    source.replicas--;
    target.used = plus(target.used, request);
    target.replicas++;
    // One replica of a workload per plan: the others would be judged by where this one stood before.
    moved.add(workload);
    moves.push({ workload, replica: movable.replica, to: target.id });
  }
  return moves;
}

function firstMove(
  source: PlacementNode,
  nodes: readonly PlacementNode[],
  replicasOn: (node: string) => readonly Movable[],
  moved: ReadonlySet<string>,
  ties: TieBreaker,
): { movable: Movable; target: PlacementNode } | undefined {
  for (const movable of replicasOn(source.id).slice(0, LIMITS.maxRebalanceMoves)) {
    if (moved.has(movable.demand.workload)) continue;
    const target = betterPlace(movable, source, nodes, ties);
    if (target !== undefined) return { movable, target };
  }
  return undefined;
}
