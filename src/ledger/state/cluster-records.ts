import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { ResourcesType } from '../../types/cluster-state.ts';
import { LabelType, NodeStatusType } from '../../types/operations/cluster.ts';
import { AddressType, type Hash, Hash32, Key32, Text } from '../../types/ssz-bytes.ts';
import { SafeU64, U16, U32, U128 } from '../../types/ssz-numbers.ts';
import { LIMITS } from '../../util/limits.ts';
import type { StateReader } from '../seam.ts';
import { Table } from './table.ts';

/**
 * What the cluster sub-tree says about nodes and workloads. It stands here because docklock reads it too: steps of a
 * container count only from a node with a live lease, on which the replica is placed.
 */

const NodeRecordType = new ContainerType({
  operator: AddressType,
  region: LabelType,
  asn: U32,
  implementation: Text(64),
  capacity: ResourcesType,
  /** Sum of the requests of the replicas that stand here. */
  used: ResourcesType,
  /** What the node last said is free; never more than its capacity. */
  free: ResourcesType,
  status: NodeStatusType,
  incarnation: U32,
  sequence: SafeU64,
  lastHeartbeatMs: SafeU64,
  leaseUntilMs: SafeU64,
  /** When the node became SUSPECT for the last time. */
  suspectedAtMs: SafeU64,
  weight: U32,
  bondRef: new ListCompositeType(Hash32, 1),
  bond: U128,
});
export type NodeRecord = ValueOf<typeof NodeRecordType>;
/** node/<key> */
export const nodes = new Table('node', NodeRecordType);

/** `nodes` of a workload holds this where a replica stands nowhere. */
export const NOWHERE = '00'.repeat(32);

const WorkloadRecordType = new ContainerType({
  owner: AddressType,
  app: LabelType,
  generation: U32,
  request: ResourcesType,
  regions: new ListCompositeType(Text(63), LIMITS.maxAffinityRegions),
  priorityPpm: U32,
  queuedAtMs: SafeU64,
  /** Where each replica stands, by its number. */
  nodes: new ListCompositeType(Key32, LIMITS.maxWorkloadReplicas),
});
export type WorkloadRecord = ValueOf<typeof WorkloadRecordType>;
/** workload/<id> */
export const workloads = new Table('workload', WorkloadRecordType);

const PlacedReplicaType = new ContainerType({ workload: Hash32, replica: U16 });
/** The replicas that stand on a node, in the order in which they came. */
export const placements = new Table(
  'placements',
  new ListCompositeType(PlacedReplicaType, LIMITS.maxPlacementsPerNode),
);

/** Whether a node may act: it has a lease at this rule time and was not given up. */
export function hasLiveLease(node: NodeRecord | undefined, timeMs: number): node is NodeRecord {
  if (node === undefined || node.leaseUntilMs < timeMs) return false;
  return node.status === 'ALIVE' || node.status === 'DRAINING';
}

/** Where a replica stands, NOWHERE, or undefined if the app has no workload or the workload no such replica. */
export function placeOf(cluster: StateReader, workload: Hash, replica: number): string | undefined {
  return workloads.get(cluster, workload)?.nodes[replica];
}
