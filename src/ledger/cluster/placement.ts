import { drawOf, winnerByRendezvous } from '../../crypto/weighted-rendezvous.ts';
import { RESOURCE_NAMES, type Resources } from '../../types/cluster-state.ts';
import { concatBytes, fromHex } from '../../util/bytes.ts';
import { dominantSharePpm, isWithin, minus, NOTHING, plus } from './resources.ts';

/**
 * Where replicas go, as a pure function: whoever has the same nodes and the same demands gets the same placements, so
 * no miner has to be trusted with it.
 */

/** A node that takes replicas. `used` and `replicas` change while a plan is made. */
export interface PlacementNode {
  readonly id: string;
  readonly region: string;
  readonly weight: number;
  readonly capacity: Resources;
  used: Resources;
  /** How many replicas stand on it, and how many at most may. */
  replicas: number;
  readonly maxReplicas: number;
}

/** A workload of which some replicas need a place. */
export interface Demand {
  readonly workload: string;
  readonly request: Resources;
  /** Allowed regions; none: all. */
  readonly regions: readonly string[];
  readonly priorityPpm: number;
  readonly queuedAtMs: number;
  /** By replica: the region where it stands and stays, or undefined if it needs a place. */
  readonly settled: readonly (string | undefined)[];
}

export interface Placement {
  readonly workload: string;
  readonly replica: number;
  readonly to: string;
}

/** At most this many replicas of one workload stand in one region, so that one region's failure leaves most of them. */
export function maxPerRegion(replicas: number): number {
  return Math.ceil(replicas / 3);
}

/**
 * What weighs first: priority in millionths × milliseconds waited. All pay the same fee for the same operation, so
 * the fee, which would be a factor too, makes no difference.
 */
function urgency({ priorityPpm, queuedAtMs }: Demand, timeMs: number): bigint {
  return BigInt(priorityPpm) * BigInt(Math.max(0, timeMs - queuedAtMs) + 1);
}

/** By urgency, dominant share of the request (both descending), time queued, id. */
export function sortDemands(demands: readonly Demand[], capacity: Resources, timeMs: number): Demand[] {
  const keyed = demands.map((demand) => ({
    demand,
    urgency: urgency(demand, timeMs),
    share: dominantSharePpm(demand.request, capacity),
  }));
  keyed.sort((a, b) => {
    if (a.urgency !== b.urgency) return a.urgency > b.urgency ? -1 : 1;
    if (a.share !== b.share) return b.share - a.share;
    if (a.demand.queuedAtMs !== b.demand.queuedAtMs) return a.demand.queuedAtMs - b.demand.queuedAtMs;
    return a.demand.workload < b.demand.workload ? -1 : 1;
  });
  return keyed.map(({ demand }) => demand);
}

/**
 * How well a request is aligned with what a node has free: Σ request · free · 10⁶ / capacity², each term rounded
 * down (the alignment score of Tetris, Grandl et al., in integers). The largest is best.
 */
export function alignment(request: Resources, node: PlacementNode): bigint {
  let score = 0n;
  for (const name of RESOURCE_NAMES) {
    const capacity = BigInt(node.capacity[name]);
    if (capacity === 0n) continue;
    const free = BigInt(node.capacity[name] - node.used[name]);
    score += (BigInt(request[name]) * free * 1_000_000n) / (capacity * capacity);
  }
  return score;
}

/** Chooses among equally good nodes by weighted rendezvous. One serves a whole plan: it reads each node's id once. */
export class TieBreaker {
  readonly #keys = new Map<string, Uint8Array>();

  #keyOf(id: string): Uint8Array {
    let key = this.#keys.get(id);
    if (key === undefined) {
      key = fromHex(id);
      this.#keys.set(id, key);
    }
    return key;
  }

  choose(workload: string, replica: number, best: readonly PlacementNode[]): PlacementNode | undefined {
    if (best.length < 2) return best[0];
    const which = concatBytes(fromHex(workload), Uint8Array.of(replica & 255, replica >> 8));
    const winner = winnerByRendezvous(
      best.map((node) => ({
        id: node.id,
        weight: BigInt(node.weight),
        draw: drawOf('placement', which, this.#keyOf(node.id)),
        node,
      })),
    );
    return winner?.node;
  }
}

/** What keeps an ALIVE node from taking one more replica of a workload. */
export type PlacementObstacle = 'REPLICA_BOUND' | 'NO_ROOM' | 'REGION_NOT_ALLOWED' | 'REGION_FULL';

/** What keeps the node from it, given how many replicas of the workload each region has; undefined if nothing does. */
export function obstacleOf(
  demand: Pick<Demand, 'request' | 'regions' | 'settled'>,
  node: PlacementNode,
  inRegion: ReadonlyMap<string, number>,
): PlacementObstacle | undefined {
  if (node.replicas >= node.maxReplicas) return 'REPLICA_BOUND';
  if (!isWithin(demand.request, minus(node.capacity, node.used))) return 'NO_ROOM';
  if (demand.regions.length > 0 && !demand.regions.includes(node.region)) return 'REGION_NOT_ALLOWED';
  if ((inRegion.get(node.region) ?? 0) >= maxPerRegion(demand.settled.length)) return 'REGION_FULL';
  return undefined;
}

export function countRegions(settled: readonly (string | undefined)[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const region of settled) if (region !== undefined) counts.set(region, (counts.get(region) ?? 0) + 1);
  return counts;
}

/** The candidate on which a replica is placed. `scores` remembers alignments between the replicas of one demand. */
export function chooseNode(
  demand: Demand,
  replica: number,
  nodes: readonly PlacementNode[],
  inRegion: ReadonlyMap<string, number>,
  ties: TieBreaker,
  scores = new Map<PlacementNode, bigint>(),
): PlacementNode | undefined {
  let best: PlacementNode[] = [];
  let bestScore = -1n;
  for (const node of nodes) {
    if (obstacleOf(demand, node, inRegion) !== undefined) continue;
    const score = scores.get(node) ?? alignment(demand.request, node);
    scores.set(node, score);
    if (score > bestScore) {
      best = [node];
      bestScore = score;
    } else if (score === bestScore) best.push(node);
  }
  return ties.choose(demand.workload, replica, best);
}

/**
 * Places replicas until `maxPlacements` have a place; the rest waits for the next block. `nodes` are those that are
 * ALIVE; their `used` and `replicas` are what they are after the plan. Work: every demand looks at every node once
 * more than it gets places.
 */
export function planPlacements(
  nodes: readonly PlacementNode[],
  demands: readonly Demand[],
  timeMs: number,
  maxPlacements: number,
): Placement[] {
  const capacity = nodes.reduce((sum, node) => plus(sum, node.capacity), NOTHING);
  const ties = new TieBreaker();
  const placed: Placement[] = [];
  for (const demand of sortDemands(demands, capacity, timeMs)) {
    const inRegion = countRegions(demand.settled);
    const scores = new Map<PlacementNode, bigint>();
    for (const [replica, settled] of demand.settled.entries()) {
      if (settled !== undefined) continue;
      if (placed.length === maxPlacements) return placed;
      const node = chooseNode(demand, replica, nodes, inRegion, ties, scores);
      // What does not fit now fits no better for the next replica of the same workload.
      if (node === undefined) break;
      node.used = plus(node.used, demand.request);
      node.replicas++;
      scores.delete(node);
      inRegion.set(node.region, (inRegion.get(node.region) ?? 0) + 1);
      placed.push({ workload: demand.workload, replica, to: node.id });
    }
  }
  return placed;
}
