import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { hashOf, signingBytes } from '../../crypto/hash.ts';
import { LIMITS } from '../../util/limits.ts';
import { ClusterStateType, ResourcesType } from '../cluster-state.ts';
import { encode } from '../ssz.ts';
import { type Address, AddressType, type Hash, Hash32, Key32, Signature64, Text } from '../ssz-bytes.ts';
import { NameOf, SafeU64, U16, U32 } from '../ssz-numbers.ts';
import type { LedgerCatalog } from './catalog.ts';

/**
 * Operations, statuses and events of the cluster ledger: nodes and their leases, services, and where the replicas of
 * workloads stand. A node is named by its Ed25519 key, which belongs to the account that joined with it for ever.
 */

/** A name that is a DNS label (RFC 1123 §2.1): regions, apps, services. */
export const LabelType = Text(63);

const AppNameType = new ContainerType({ owner: AddressType, name: LabelType });
/** What names an app on the docklock ledger and its workload on this one: nobody can take a name of somebody else. */
export function appId(owner: Address, name: string): Hash {
  return hashOf('app', encode(AppNameType, { owner, name }));
}

const NodeClaimType = new ContainerType({ operator: AddressType, node: Key32 });
/** What a node's key signs to show that the operator holds it. */
export function nodeClaimBytes(genesisHash: Hash, claim: ValueOf<typeof NodeClaimType>): Uint8Array {
  return signingBytes('node-claim', genesisHash, encode(NodeClaimType, claim));
}

/** `bondRef`: none, or the lock of GEN for this ledger, purpose `bond`, that gives the node weight. */
export const NodeJoinType = new ContainerType({
  node: Key32,
  possession: Signature64,
  capacity: ResourcesType,
  region: LabelType,
  asn: U32,
  implementation: Text(64),
  bondRef: new ListCompositeType(Hash32, 1),
});
export type NodeJoin = ValueOf<typeof NodeJoinType>;

export const NodeLeaveType = new ContainerType({ node: Key32 });
export type NodeLeave = ValueOf<typeof NodeLeaveType>;

/** A node that another one does not reach, in the incarnation that it knows. */
const ObservationType = new ContainerType({ node: Key32, incarnation: U32 });
const heartbeatFields = {
  node: Key32,
  sequence: SafeU64,
  incarnation: U32,
  free: ResourcesType,
  suspects: new ListCompositeType(ObservationType, LIMITS.maxObservedSuspects),
};
const HeartbeatBodyType = new ContainerType(heartbeatFields);
export type HeartbeatBody = ValueOf<typeof HeartbeatBodyType>;
/** Signed by the node, so that anyone may carry it: one transaction takes the heartbeats of many nodes. */
export const HeartbeatType = new ContainerType({ ...heartbeatFields, signature: Signature64 });
export type Heartbeat = ValueOf<typeof HeartbeatType>;

export function heartbeatSigningBytes(genesisHash: Hash, body: HeartbeatBody): Uint8Array {
  return signingBytes('heartbeat', genesisHash, encode(HeartbeatBodyType, body));
}

/** The sender, an operator of live nodes, does not reach the target. */
export const SuspectReportType = ObservationType;
export type SuspectReport = ValueOf<typeof SuspectReportType>;

const RefuteBodyType = ObservationType;
/** The node is alive in a higher incarnation than the one that was suspected. */
export const RefuteType = new ContainerType({ node: Key32, incarnation: U32, signature: Signature64 });
export type Refute = ValueOf<typeof RefuteType>;

export function refuteSigningBytes(genesisHash: Hash, body: ValueOf<typeof RefuteBodyType>): Uint8Array {
  return signingBytes('refute', genesisHash, encode(RefuteBodyType, body));
}

/** A running container behind a service, and its share of the load. */
export const EndpointType = new ContainerType({ app: Hash32, replica: U16, node: Key32, weight: U16 });
export type Endpoint = ValueOf<typeof EndpointType>;
const EndpointListType = new ListCompositeType(EndpointType, LIMITS.maxServiceEndpoints);

export const SERVICE_PROTOCOLS = ['tcp', 'udp', 'http', 'grpc'] as const;
const serviceFields = {
  name: LabelType,
  port: U16,
  protocol: NameOf(SERVICE_PROTOCOLS),
  endpoints: EndpointListType,
};
export const SvcRegisterType = new ContainerType(serviceFields);
export type SvcRegister = ValueOf<typeof SvcRegisterType>;
/** Replaces port, protocol and endpoints, if the service still has `expectedVersion`. */
export const SvcUpdateType = new ContainerType({ ...serviceFields, expectedVersion: U32 });
export type SvcUpdate = ValueOf<typeof SvcUpdateType>;
export const SvcDeregisterType = new ContainerType({ name: LabelType });
export type SvcDeregister = ValueOf<typeof SvcDeregisterType>;

/** `regions`: where replicas may stand; none: everywhere. `priorityPpm` grows with the time that the work waits. */
export const WorkloadSubmitType = new ContainerType({
  app: LabelType,
  generation: U32,
  replicas: U16,
  request: ResourcesType,
  regions: new ListCompositeType(Text(63), LIMITS.maxAffinityRegions),
  priorityPpm: U32,
});
export type WorkloadSubmit = ValueOf<typeof WorkloadSubmitType>;
export const WorkloadCancelType = new ContainerType({ app: LabelType });
export type WorkloadCancel = ValueOf<typeof WorkloadCancelType>;

export const RebalanceType = new ContainerType({ maxMoves: U16 });
export type Rebalance = ValueOf<typeof RebalanceType>;

export const NODE_STATUSES = ['ALIVE', 'SUSPECT', 'DRAINING', 'DEAD', 'LEFT'] as const;
export type NodeStatus = (typeof NODE_STATUSES)[number];
export const NodeStatusType = NameOf(NODE_STATUSES);

/** One change of where a replica stands; an empty list means nowhere. */
export const MoveType = new ContainerType({
  workload: Hash32,
  replica: U16,
  from: new ListCompositeType(Key32, 1),
  to: new ListCompositeType(Key32, 1),
});
export type Move = ValueOf<typeof MoveType>;
/** What one BeginBlock freed and placed, in order. */
const PlacementDiffType = new ListCompositeType(
  MoveType,
  2 * (LIMITS.maxExpiriesPerBlock + LIMITS.maxPlacementsPerBlock),
);
export function hashPlacementDiff(moves: readonly Move[]): Hash {
  return hashOf('placement', encode(PlacementDiffType, [...moves]));
}

const state = { state: ClusterStateType };

export const CLUSTER = {
  operations: {
    NodeJoin: { kind: 1, type: NodeJoinType },
    NodeLeave: { kind: 2, type: NodeLeaveType },
    Heartbeat: { kind: 3, type: HeartbeatType },
    SuspectReport: { kind: 4, type: SuspectReportType },
    Refute: { kind: 5, type: RefuteType },
    SvcRegister: { kind: 6, type: SvcRegisterType },
    SvcUpdate: { kind: 7, type: SvcUpdateType },
    SvcDeregister: { kind: 8, type: SvcDeregisterType },
    WorkloadSubmit: { kind: 10, type: WorkloadSubmitType },
    WorkloadCancel: { kind: 11, type: WorkloadCancelType },
    Rebalance: { kind: 12, type: RebalanceType },
  },
  statuses: {
    // Nodes
    WEAK_NODE_KEY: 2000,
    NODE_POSSESSION_NOT_PROVED: 2001,
    NODE_EXISTS: 2002,
    NODE_UNKNOWN: 2003,
    NOT_NODE_OPERATOR: 2004,
    CLUSTER_FULL: 2005,
    NO_CAPACITY: 2006,
    INVALID_LABEL: 2007,
    NODE_NOT_LIVE: 2008,
    NODE_LEAVING: 2009,
    // Bond
    NODE_BOND_UNKNOWN: 2010,
    NODE_BOND_NOT_OWNED: 2011,
    NODE_BOND_SPENT: 2012,
    NOT_A_NODE_BOND: 2013,
    NODE_BOND_HELD: 2014,
    // Leases
    HEARTBEAT_SIGNATURE_WRONG: 2020,
    HEARTBEAT_TOO_SOON: 2021,
    HEARTBEAT_REPLAYED: 2022,
    WRONG_INCARNATION: 2023,
    NODE_SUSPECTED: 2024,
    FREE_ABOVE_CAPACITY: 2025,
    NOT_SUSPECTED: 2026,
    REFUTE_SIGNATURE_WRONG: 2027,
    INCARNATION_NOT_HIGHER: 2028,
    // Suspicion
    NOT_AN_OPERATOR: 2030,
    OWN_NODE_SUSPECTED: 2031,
    ALREADY_REPORTED: 2032,
    // Services
    SERVICE_EXISTS: 2040,
    SERVICE_UNKNOWN: 2041,
    NOT_SERVICE_OWNER: 2042,
    SERVICE_CHANGED: 2043,
    ENDPOINT_NOT_RUNNING: 2044,
    ENDPOINT_REPEATED: 2045,
    ENDPOINT_WEIGHTLESS: 2046,
    INVALID_PORT: 2047,
    // Workloads
    WORKLOAD_EXISTS: 2050,
    WORKLOAD_UNKNOWN: 2051,
    WORKLOADS_FULL: 2052,
    INVALID_REPLICAS: 2053,
    EMPTY_REQUEST: 2054,
    INVALID_PRIORITY: 2055,
    INVALID_MOVES: 2060,
    REBALANCE_PENDING: 2061,
  },
  events: {
    NodeJoined: {
      kind: 1,
      type: new ContainerType({
        node: Key32,
        operator: AddressType,
        incarnation: U32,
        weight: U32,
        leaseUntilMs: SafeU64,
        ...state,
      }),
    },
    NodeLeaving: {
      kind: 2,
      type: new ContainerType({ node: Key32, status: NodeStatusType, placements: U16, ...state }),
    },
    LeaseRenewed: {
      kind: 3,
      type: new ContainerType({ node: Key32, sequence: SafeU64, leaseUntilMs: SafeU64, ...state }),
    },
    /** `weight` of the operators that suspect the node so far, of `needed`. */
    SuspicionCounted: {
      kind: 4,
      type: new ContainerType({
        node: Key32,
        incarnation: U32,
        weight: SafeU64,
        needed: SafeU64,
        status: NodeStatusType,
        ...state,
      }),
    },
    SuspicionRefuted: {
      kind: 5,
      type: new ContainerType({ node: Key32, incarnation: U32, leaseUntilMs: SafeU64, ...state }),
    },
    ServiceRegistered: {
      kind: 6,
      type: new ContainerType({ name: LabelType, version: U32, endpoints: U16, ...state }),
    },
    ServiceUpdated: {
      kind: 7,
      type: new ContainerType({ name: LabelType, version: U32, endpoints: U16, ...state }),
    },
    ServiceDeregistered: { kind: 8, type: new ContainerType({ name: LabelType, ...state }) },
    WorkloadQueued: {
      kind: 10,
      type: new ContainerType({ workload: Hash32, app: LabelType, replicas: U16, ...state }),
    },
    /** `freed`: how many replicas gave their place back. */
    WorkloadCancelled: {
      kind: 11,
      type: new ContainerType({ workload: Hash32, freed: U16, ...state }),
    },
    RebalanceQueued: { kind: 12, type: new ContainerType({ maxMoves: U16, ...state }) },
  },
} as const satisfies LedgerCatalog;

export type ClusterStatus = keyof typeof CLUSTER.statuses;

/** As many as fit in the data of one receipt. */
export const MOVES_PER_RECEIPT = 8;
/** System receipts of the cluster ledger: what its part of BeginBlock did. */
export const CLUSTER_SYSTEM_RECEIPTS = {
  NodeStatusChanged: {
    kind: 2001,
    type: new ContainerType({ node: Key32, incarnation: U32, from: NodeStatusType, to: NodeStatusType }),
  },
  /** Some of the moves of this block, in order, and the cluster after all of them. */
  ReplicasMoved: {
    kind: 2002,
    type: new ContainerType({
      moves: new ListCompositeType(MoveType, MOVES_PER_RECEIPT),
      ...state,
    }),
  },
} as const satisfies LedgerCatalog['operations'];
