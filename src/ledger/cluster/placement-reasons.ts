import type { Hash } from '../../types/ssz-bytes.ts';
import type { StateReader } from '../seam.ts';
import { workloads } from '../state/cluster-records.ts';
import {
  alignment,
  chooseNode,
  countRegions,
  obstacleOf,
  type PlacementNode,
  type PlacementObstacle,
  TieBreaker,
} from './placement.ts';
import { listServing, requireNode } from './registry.ts';
import { minus } from './resources.ts';
import { demandReader, listTakers } from './takers.ts';

/** How a node compares for a replica. */
export interface ComparedNode {
  readonly node: string;
  readonly region: string;
  /** Undefined for a candidate. */
  readonly obstacle: PlacementObstacle | 'NOT_ALIVE' | undefined;
  readonly score: bigint;
}

/**
 * Why a replica stands where it stands: how all serving nodes compare for it in this state, and which one the rules
 * would choose, if it stood nowhere. Undefined if there is no such replica.
 */
export function explainPlacement(
  cluster: StateReader,
  workload: Hash,
  replica: number,
): { readonly choice: string | undefined; readonly nodes: readonly ComparedNode[] } | undefined {
  const place = workloads.get(cluster, workload)?.nodes[replica];
  if (place === undefined) return undefined;
  const now = demandReader(cluster)(workload);
  const demand = { ...now, settled: now.settled.with(replica, undefined) };
  const inRegion = countRegions(demand.settled);
  const takers = new Map(
    listTakers(cluster).map((node) => [node.id, node.id === place ? without(node, demand.request) : node]),
  );
  const nodes = listServing(cluster).map((id): ComparedNode => {
    const { region } = requireNode(cluster, id);
    const taker = takers.get(id);
    if (taker === undefined) return { node: id, region, obstacle: 'NOT_ALIVE', score: 0n };
    return {
      node: id,
      region,
      obstacle: obstacleOf(demand, taker, inRegion),
      score: alignment(demand.request, taker),
    };
  });
  const choice = chooseNode(demand, replica, [...takers.values()], inRegion, new TieBreaker());
  return { choice: choice?.id, nodes };
}

/** The node as it is without one replica of that size. */
function without(node: PlacementNode, request: PlacementNode['used']): PlacementNode {
  return { ...node, used: minus(node.used, request), replicas: node.replicas - 1 };
}
