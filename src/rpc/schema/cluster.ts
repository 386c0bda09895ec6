import * as z from 'zod';
import { NODE_STATUSES, SERVICE_PROTOCOLS } from '../../types/operations/cluster.ts';
import { CONTAINER_STATES } from '../../types/step-receipt.ts';
import { LIMITS } from '../../util/limits.ts';
import { method } from './method.ts';
import { AddressParam, HashParam, noParams, pageParams } from './params.ts';
import { Address, Count, Decimal, Hash, Height, page, Time } from './results.ts';
import { sectionProof } from './section-proof.ts';

const LabelParam = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'expected a DNS label');
const NodeStatus = z.enum(NODE_STATUSES);
const Resources = z.object({ cpuMilli: Count, memoryMib: Count, diskMib: Count });
/** Nodes that are ALIVE, what those that may carry replicas have and what is reserved, and the share of ALIVE ones. */
const ClusterState = z.object({ alive: Count, capacity: Resources, used: Resources, healthPpm: Count });
const Endpoint = z.object({ app: Hash, replica: Count, node: Hash, weight: Count });
const serviceFields = {
  service: z.string(),
  version: Count,
  port: Count,
  protocol: z.enum(SERVICE_PROTOCOLS),
};

export const clusterMethods = {
  cluster_members: method({
    scope: 'read',
    summary:
      'The nodes of the cluster with their leases: one by its key, those of a status, or all that have not left.',
    params: z.strictObject({ node: HashParam.optional(), status: NodeStatus.optional(), ...pageParams }),
    result: z.object({
      height: Height,
      ...page(
        z.object({
          node: Hash,
          operator: Address,
          status: NodeStatus,
          region: z.string(),
          asn: Count,
          implementation: z.string(),
          capacity: Resources,
          used: Resources,
          free: Resources,
          incarnation: Count,
          sequence: Count,
          lastHeartbeat: Time,
          leaseUntil: Time,
          weight: Count,
          bond: Decimal,
          replicas: Count,
        }),
      ).shape,
    }),
  }),
  cluster_services: method({
    scope: 'read',
    summary:
      'The services with their endpoints; one is healthy while its container runs on a node that is alive.',
    params: z.strictObject({ owner: AddressParam.optional(), ...pageParams }),
    result: z.object({
      height: Height,
      ...page(
        z.object({
          ...serviceFields,
          owner: Address,
          endpoints: z.array(Endpoint.extend({ healthy: z.boolean() })),
        }),
      ).shape,
    }),
  }),
  cluster_resolve: method({
    scope: 'read',
    summary:
      'Which endpoints of a service a client with this key tries, in order, by weighted rendezvous: the same on every node.',
    params: z.strictObject({
      service: LabelParam,
      key: z.string().min(1).max(256),
      limit: z.int().min(1).max(LIMITS.maxServiceEndpoints).default(LIMITS.maxServiceEndpoints),
    }),
    result: z.object({ ...serviceFields, height: Height, key: z.string(), endpoints: z.array(Endpoint) }),
  }),
  cluster_placement: method({
    scope: 'read',
    summary:
      'Where the replicas of a workload stand; with a replica, how the nodes compare for it and which one the rules choose.',
    params: z.strictObject({
      workload: HashParam.optional(),
      owner: AddressParam.optional(),
      app: LabelParam.optional(),
      replica: z.int().min(0).max(LIMITS.maxWorkloadReplicas).optional(),
    }),
    result: z.object({
      workload: Hash,
      height: Height,
      owner: Address,
      app: z.string(),
      generation: Count,
      request: Resources,
      regions: z.array(z.string()),
      priorityPpm: Count,
      queuedAt: Time,
      replicas: z.array(
        z.object({
          replica: Count,
          node: Hash.nullable(),
          region: z.string().nullable(),
          nodeStatus: NodeStatus.nullable(),
          container: z.enum(CONTAINER_STATES).nullable(),
        }),
      ),
      why: z
        .object({
          replica: Count,
          choice: Hash.nullable(),
          nodes: z.array(
            z.object({
              node: Hash,
              region: z.string(),
              /** `CANDIDATE`, or what keeps the node from taking the replica. */
              verdict: z.enum([
                'CANDIDATE',
                'NOT_ALIVE',
                'REPLICA_BOUND',
                'NO_ROOM',
                'REGION_NOT_ALLOWED',
                'REGION_FULL',
              ]),
              score: Decimal,
            }),
          ),
        })
        .nullable(),
    }),
  }),
  cluster_load: method({
    scope: 'read',
    summary: 'What the cluster has and what is reserved of it, and how loaded each node is.',
    params: noParams,
    result: z.object({
      height: Height,
      ...ClusterState.shape,
      workloads: Count,
      pending: Count,
      nodes: z.array(
        z.object({
          node: Hash,
          region: z.string(),
          status: NodeStatus,
          replicas: Count,
          loadPpm: Count,
        }),
      ),
    }),
  }),
  cluster_getProofOfCoordination: method({
    scope: 'read',
    summary:
      'What proves a cluster transaction in its section: leases renewed, the placements of the block, and the order by hashes.',
    params: z.strictObject({ txId: HashParam }),
    result: sectionProof(
      z.object({ status: z.string(), eventsDigest: Hash, heartbeats: Count }),
      z.object({
        version: Count,
        heartbeatRoot: Hash,
        heartbeatCount: Count,
        placementHash: Hash,
        placementCount: Count,
        pohStart: Hash,
        pohHashes: Count,
        pohEnd: Hash,
        pohSegmentRoot: Hash,
        after: ClusterState,
        itemRoot: Hash,
        itemCount: Count,
      }),
    ),
  }),
};
