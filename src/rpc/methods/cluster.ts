import { statusName } from '../../types/operations/catalogs.ts';
import { appId } from '../../types/operations/cluster.ts';
import { CoordinationItemType, CoordinationProofType } from '../../types/proofs/coordination.ts';
import type { Hash } from '../../types/ssz-bytes.ts';
import type { Handlers } from '../dispatcher.ts';
import { rpcError } from '../errors.ts';
import { pageOf } from '../paging.ts';
import type { MemberView, PlacementReasons, ServiceView, WorkloadView } from '../ports/cluster.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { clusterMethods } from '../schema/cluster.ts';
import { proveInSection } from '../section-proof.ts';
import { addressText, hash0x, rfc3339 } from '../text-forms.ts';

const COORDINATION = { ledger: 'cluster', item: CoordinationItemType, proof: CoordinationProofType } as const;

const optionalHash = (hash: Hash | undefined) => (hash === undefined ? null : hash0x(hash));

export function clusterHandlers({ chain, cluster }: RpcPorts): Handlers<typeof clusterMethods> {
  return {
    cluster_members: ({ node: key, status, ...page }) => {
      const one = key === undefined ? undefined : cluster.member(key);
      const all = key === undefined ? cluster.members() : one === undefined ? [] : [one];
      const isWanted = (member: MemberView): boolean =>
        status === undefined ? key !== undefined || member.status !== 'LEFT' : member.status === status;
      const members = all.filter(isWanted);
      return {
        height: chain.head().height,
        ...pageOf(members, page, ({ node, operator, bond, lastHeartbeatMs, leaseUntilMs, ...member }) => ({
          ...member,
          node: hash0x(node),
          operator: addressText(operator),
          bond: bond.toString(),
          lastHeartbeat: rfc3339(lastHeartbeatMs),
          leaseUntil: rfc3339(leaseUntilMs),
        })),
      };
    },

    cluster_services: ({ owner, ...page }) => {
      const services = cluster.services().filter((service) => owner === undefined || service.owner === owner);
      return {
        height: chain.head().height,
        ...pageOf(services, page, (service) => ({
          ...serviceFields(service),
          owner: addressText(service.owner),
          endpoints: service.endpoints.map(({ app, node, ...endpoint }) => ({
            ...endpoint,
            app: hash0x(app),
            node: hash0x(node),
          })),
        })),
      };
    },

    cluster_resolve: ({ service: name, key, limit }) => {
      const service = cluster.service(name);
      if (service === undefined)
        throw rpcError('SERVICE_NOT_FOUND', `there is no service ${name}`, {
          data: { service: name },
          hint: 'cluster_services lists them',
        });
      return {
        ...serviceFields(service),
        height: chain.head().height,
        key,
        endpoints: cluster
          .resolve(name, key)
          .slice(0, limit)
          .map(({ app, replica, node, weight }) => ({
            app: hash0x(app),
            replica,
            node: hash0x(node),
            weight,
          })),
      };
    },

    cluster_placement: ({ replica, ...selector }) => {
      const workload = cluster.workload(selectWorkload(selector));
      if (workload === undefined)
        throw rpcError('WORKLOAD_NOT_FOUND', 'there is no such workload', {
          hint: 'a workload is named by the owner and the name of its app',
        });
      const reasons = replica === undefined ? undefined : cluster.reasons(workload.workload, replica);
      if (replica !== undefined && reasons === undefined)
        throw rpcError(
          'INVALID_PARAMS',
          `params.replica: the workload has ${workload.places.length} replicas`,
          {
            data: { path: 'params.replica' },
          },
        );
      return {
        ...workloadView(workload),
        height: chain.head().height,
        why: reasons === undefined ? null : reasonsView(reasons),
      };
    },

    cluster_load: () => {
      const { state, nodes, ...load } = cluster.load();
      return {
        height: chain.head().height,
        ...state,
        ...load,
        nodes: nodes.map(({ node, ...rest }) => ({ node: hash0x(node), ...rest })),
      };
    },

    cluster_getProofOfCoordination: async ({ txId }) => {
      const { view, item, proof } = await proveInSection(chain, COORDINATION, txId);
      return {
        ...view,
        item: {
          status: statusName('cluster', item.status),
          eventsDigest: hash0x(item.eventsDigest),
          heartbeats: item.heartbeats,
        },
        proof: {
          ...proof,
          heartbeatRoot: hash0x(proof.heartbeatRoot),
          placementHash: hash0x(proof.placementHash),
          pohStart: hash0x(proof.pohStart),
          pohEnd: hash0x(proof.pohEnd),
          pohSegmentRoot: hash0x(proof.pohSegmentRoot),
          itemRoot: hash0x(proof.itemRoot),
        },
      };
    },
  };
}

function serviceFields({ name, version, port, protocol }: ServiceView) {
  return { service: name, version, port, protocol };
}

/** @throws NodeError INVALID_PARAMS unless the workload is named in one way */
function selectWorkload(selector: {
  readonly workload?: Hash | undefined;
  readonly owner?: string | undefined;
  readonly app?: string | undefined;
}): Hash {
  const { workload, owner, app } = selector;
  if (workload !== undefined && owner === undefined && app === undefined) return workload;
  if (workload === undefined && owner !== undefined && app !== undefined) return appId(owner, app);
  throw rpcError('INVALID_PARAMS', 'params: give workload, or owner and app', {
    data: { path: 'params' },
  });
}

function workloadView({ workload, owner, places, queuedAtMs, app, ...rest }: WorkloadView) {
  const { generation, request, regions, priorityPpm } = rest;
  return {
    workload: hash0x(workload),
    owner: addressText(owner),
    app,
    generation,
    request,
    regions: [...regions],
    priorityPpm,
    queuedAt: rfc3339(queuedAtMs),
    replicas: places.map(({ replica, node, region, nodeStatus, container }) => ({
      replica,
      node: optionalHash(node),
      region: region ?? null,
      nodeStatus: nodeStatus ?? null,
      container: container ?? null,
    })),
  };
}

function reasonsView({ replica, choice, nodes }: PlacementReasons) {
  return {
    replica,
    choice: optionalHash(choice),
    nodes: nodes.map(({ node, region, obstacle, score }) => ({
      node: hash0x(node),
      region,
      verdict: obstacle ?? ('CANDIDATE' as const),
      score: score.toString(),
    })),
  };
}
