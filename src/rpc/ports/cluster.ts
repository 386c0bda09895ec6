import type { ClusterState, Resources } from '../../types/cluster-state.ts';
import type { Endpoint, NodeStatus, SERVICE_PROTOCOLS } from '../../types/operations/cluster.ts';
import type { Address, Hash } from '../../types/ssz-bytes.ts';
import type { ContainerState } from '../../types/step-receipt.ts';

export interface MemberView {
  /** Its key, which is its name. */
  readonly node: string;
  readonly operator: Address;
  readonly status: NodeStatus;
  readonly region: string;
  readonly asn: number;
  readonly implementation: string;
  readonly capacity: Resources;
  /** What replicas reserve. */
  readonly used: Resources;
  /** What the node itself last said is free. */
  readonly free: Resources;
  readonly incarnation: number;
  /** Of its last heartbeat. */
  readonly sequence: number;
  readonly lastHeartbeatMs: number;
  readonly leaseUntilMs: number;
  readonly weight: number;
  readonly bond: bigint;
  readonly replicas: number;
}

export interface ServiceView {
  readonly name: string;
  readonly owner: Address;
  readonly version: number;
  readonly port: number;
  readonly protocol: (typeof SERVICE_PROTOCOLS)[number];
  readonly endpoints: readonly (Endpoint & { readonly healthy: boolean })[];
}

export interface ReplicaPlace {
  readonly replica: number;
  /** Undefined while it stands nowhere. */
  readonly node: string | undefined;
  readonly region: string | undefined;
  readonly nodeStatus: NodeStatus | undefined;
  /** What its node last reported; undefined before the first report. */
  readonly container: ContainerState | undefined;
}

export interface WorkloadView {
  readonly workload: Hash;
  readonly owner: Address;
  readonly app: string;
  readonly generation: number;
  readonly request: Resources;
  readonly regions: readonly string[];
  readonly priorityPpm: number;
  readonly queuedAtMs: number;
  readonly places: readonly ReplicaPlace[];
}

/** What keeps a node from taking a replica. */
export type PlacementObstacleName =
  | 'NOT_ALIVE'
  | 'REPLICA_BOUND'
  | 'NO_ROOM'
  | 'REGION_NOT_ALLOWED'
  | 'REGION_FULL';

/** How the nodes compare for one replica, if it were placed now and stood nowhere. */
export interface PlacementReasons {
  readonly replica: number;
  /** The node that the rules choose; undefined if none can take it. */
  readonly choice: string | undefined;
  readonly nodes: readonly {
    readonly node: string;
    readonly region: string;
    /** Undefined for a candidate. */
    readonly obstacle: PlacementObstacleName | undefined;
    /** How well the request is aligned with what is free; the largest is best. */
    readonly score: bigint;
  }[];
}

export interface ClusterLoad {
  readonly state: ClusterState;
  readonly workloads: number;
  /** Workloads of which a replica needs a place. */
  readonly pending: number;
  readonly nodes: readonly {
    readonly node: string;
    readonly region: string;
    readonly status: NodeStatus;
    readonly replicas: number;
    /** The largest share of a resource that is reserved, in millionths. */
    readonly loadPpm: number;
  }[];
}

/** Reads of the cluster's state at the head. */
export interface ClusterPort {
  /** Every node that ever joined, by its key. */
  members(): readonly MemberView[];
  member(node: string): MemberView | undefined;
  /** By name. */
  services(): readonly ServiceView[];
  service(name: string): ServiceView | undefined;
  /** The healthy endpoints of a service in the order in which a client with this key tries them. */
  resolve(name: string, clientKey: string): readonly Endpoint[];
  workload(workload: Hash): WorkloadView | undefined;
  /** Undefined if there is no such replica. */
  reasons(workload: Hash, replica: number): PlacementReasons | undefined;
  load(): ClusterLoad;
}
