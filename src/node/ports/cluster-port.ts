import type { Chain } from '../../chain/chain.ts';
import { explainPlacement } from '../../ledger/cluster/placement-reasons.ts';
import {
  clusterState,
  listPending,
  listServing,
  readSummary,
  requireNode,
} from '../../ledger/cluster/registry.ts';
import { dominantSharePpm } from '../../ledger/cluster/resources.ts';
import { isHealthy, rankEndpoints, type ServiceRecord, services } from '../../ledger/cluster/services.ts';
import {
  NOWHERE,
  type NodeRecord,
  nodes,
  placements,
  workloads,
} from '../../ledger/state/cluster-records.ts';
import { containers } from '../../ledger/state/container-records.ts';
import type { ClusterPort, MemberView, ReplicaPlace, ServiceView } from '../../rpc/ports/cluster.ts';
import type { Hash } from '../../types/ssz-bytes.ts';
import { entriesOf } from './state-listing.ts';

/** What the RPC reads of the cluster at the head. */
export function clusterPort({ state }: Pick<Chain, 'state'>): ClusterPort {
  const cluster = state.reader('cluster');
  const docklock = state.reader('docklock');
  const countReplicas = (node: string): number => placements.get(cluster, node)?.length ?? 0;
  const memberView = (node: string, record: NodeRecord): MemberView => {
    const { bondRef: _ref, suspectedAtMs: _since, ...member } = record;
    return { node, ...member, replicas: countReplicas(node) };
  };
  const serviceView = (name: string, { endpoints, ...service }: ServiceRecord): ServiceView => ({
    name,
    ...service,
    endpoints: endpoints.map((endpoint) => ({
      ...endpoint,
      healthy: isHealthy(endpoint, cluster, docklock),
    })),
  });
  const placeView = (workload: Hash, replica: number, place: string): ReplicaPlace => {
    const node = place === NOWHERE ? undefined : nodes.get(cluster, place);
    return {
      replica,
      node: node === undefined ? undefined : place,
      region: node?.region,
      nodeStatus: node?.status,
      container: containers.get(docklock, workload, replica)?.state,
    };
  };
  return {
    members: () =>
      entriesOf(state, 'cluster', nodes).map(({ key, record }) => memberView(key[0] as string, record)),
    member: (node) => {
      const record = nodes.get(cluster, node);
      return record && memberView(node, record);
    },
    services: () =>
      entriesOf(state, 'cluster', services).map(({ key, record }) => serviceView(key[0] as string, record)),
    service: (name) => {
      const service = services.get(cluster, name);
      return service && serviceView(name, service);
    },
    resolve: (name, clientKey) => rankEndpoints(cluster, docklock, name, clientKey),
    workload: (workload) => {
      const record = workloads.get(cluster, workload);
      if (record === undefined) return undefined;
      const places = record.nodes.map((place, replica) => placeView(workload, replica, place));
      return { workload, ...record, places };
    },
    reasons: (workload, replica) => {
      const reasons = explainPlacement(cluster, workload, replica);
      return reasons && { replica, ...reasons };
    },
    load: () => ({
      state: clusterState(cluster),
      workloads: readSummary(cluster).workloads,
      pending: listPending(cluster).length,
      nodes: listServing(cluster).map((node) => {
        const { region, status, used, capacity } = requireNode(cluster, node);
        const loadPpm = dominantSharePpm(used, capacity);
        return { node, region, status, replicas: countReplicas(node), loadPpm };
      }),
    }),
  };
}
