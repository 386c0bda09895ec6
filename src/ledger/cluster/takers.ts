import { LIMITS } from '../../util/limits.ts';
import type { StateReader } from '../seam.ts';
import { NOWHERE, placements } from '../state/cluster-records.ts';
import type { Demand, PlacementNode } from './placement.ts';
import { listServing, requireNode, requireWorkload } from './registry.ts';

/** Nodes and workloads of the state in the form in which placement is planned. */

/** The nodes that may take replicas: those that are ALIVE. */
export function listTakers(cluster: StateReader): PlacementNode[] {
  const takers: PlacementNode[] = [];
  for (const id of listServing(cluster)) {
    const { status, region, weight, capacity, used } = requireNode(cluster, id);
    if (status !== 'ALIVE') continue;
    const replicas = placements.get(cluster, id)?.length ?? 0;
    takers.push({ id, region, weight, capacity, used, replicas, maxReplicas: LIMITS.maxPlacementsPerNode });
  }
  return takers;
}

/** Makes demands of workloads as they stand now; it reads each node once. */
export function demandReader(cluster: StateReader): (workload: string) => Demand {
  const regions = new Map<string, string | undefined>([[NOWHERE, undefined]]);
  /** Where a replica counts as settled; one on a leaving node does not. */
  const regionOf = (id: string): string | undefined => {
    if (regions.has(id)) return regions.get(id);
    const { status, region } = requireNode(cluster, id);
    const settled = status === 'DRAINING' ? undefined : region;
    regions.set(id, settled);
    return settled;
  };
  return (workload) => {
    const { request, regions, priorityPpm, queuedAtMs, nodes: places } = requireWorkload(cluster, workload);
    return { workload, request, regions, priorityPpm, queuedAtMs, settled: places.map(regionOf) };
  };
}
