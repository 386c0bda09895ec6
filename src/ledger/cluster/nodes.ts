import { isAcceptableKey, verifySignature } from '../../crypto/ed25519.ts';
import { RESOURCE_NAMES } from '../../types/cluster-state.ts';
import { MICRO } from '../../types/names.ts';
import {
  CLUSTER,
  type NodeJoin,
  type NodeLeave,
  nodeClaimBytes,
  type Refute,
  refuteSigningBytes,
} from '../../types/operations/cluster.ts';
import { BOND_PURPOSE, RELEASE_LOCK } from '../../types/operations/settlement-messages.ts';
import { encode } from '../../types/ssz.ts';
import { LIMITS } from '../../util/limits.ts';
import type { LedgerContext, OperationContext } from '../seam.ts';
import { type NodeRecord, nodes, placements } from '../state/cluster-records.ts';
import { isLockSpent, noteLockSpent } from '../state/spent-locks.ts';
import { assertLabel, failure } from './failure.ts';
import {
  addPending,
  clusterState,
  isServing,
  leaseQueue,
  listServing,
  saveNode,
  suspicions,
} from './registry.ts';
import { NOTHING } from './resources.ts';

/** Nodes join, leave, and take part again. */

const MAX_WEIGHT = 1_000_000n;
const MAX_INCARNATION = 0xffff_ffff;
/** A node may have counted on unseen by the chain, but not so far that it runs out of incarnations. */
const MAX_INCARNATION_STEP = 1_000;

/** Weight in suspicion and in ties of placement: one, and one more for each whole GEN of bond. */
function weightOf(bond: bigint): number {
  const whole = bond / MICRO;
  return 1 + Number(whole < MAX_WEIGHT ? whole : MAX_WEIGHT);
}

/** The bond that a join brings: in S, the sender's, unspent. */
function takeBond(ref: string, context: OperationContext): bigint {
  const lock = context.lock(ref);
  if (lock === undefined) throw failure('NODE_BOND_UNKNOWN', 'no such lock in the state before this section');
  if (lock.owner !== context.sender)
    throw failure('NODE_BOND_NOT_OWNED', 'the lock belongs to another account');
  if (lock.purpose !== BOND_PURPOSE || lock.token !== 'GEN')
    throw failure('NOT_A_NODE_BOND', 'a bond is GEN locked for the purpose bond');
  if (isLockSpent(context.own, ref)) throw failure('NODE_BOND_SPENT', 'the lock has served before');
  noteLockSpent(context.own, ref);
  return lock.amount;
}

/** Extends the lease of a node by the window of genesis, and sees to it that its end is noticed. */
export function renewedLease(context: LedgerContext, node: string): number {
  const leaseUntilMs = context.timeMs + context.parameters.leaseMs;
  leaseQueue.push(context.own, { node, dueMs: leaseUntilMs });
  return leaseUntilMs;
}

export function executeNodeJoin(join: NodeJoin, context: OperationContext): void {
  const { own, sender } = context;
  assertLabel(join.region, 'the region');
  if (!isAcceptableKey(join.node)) throw failure('WEAK_NODE_KEY', 'the key of the node is not acceptable');
  if (RESOURCE_NAMES.every((name) => join.capacity[name] === 0))
    throw failure('NO_CAPACITY', 'a node has something to give');
  const before = nodes.get(own, join.node);
  if (before !== undefined && before.operator !== sender)
    throw failure('NOT_NODE_OPERATOR', 'the key belongs to another account');
  if (before !== undefined && isServing(before.status))
    throw failure('NODE_EXISTS', `the node is ${before.status}`);
  if (listServing(own).length >= LIMITS.maxClusterNodes)
    throw failure('CLUSTER_FULL', `a cluster has at most ${LIMITS.maxClusterNodes} nodes`);
  const claim = nodeClaimBytes(context.genesisHash, { operator: sender, node: join.node });
  if (!verifySignature(join.node, claim, join.possession))
    throw failure('NODE_POSSESSION_NOT_PROVED', 'the key of the node did not sign the claim');
  const held = before?.bondRef ?? [];
  if (held.length > 0 && join.bondRef.length > 0)
    throw failure('NODE_BOND_HELD', 'the bond of the node before it died still stands');
  const ref = join.bondRef[0];
  const bond = ref === undefined ? (before?.bond ?? 0n) : takeBond(ref, context);
  const node: NodeRecord = {
    operator: sender,
    region: join.region,
    asn: join.asn,
    implementation: join.implementation,
    capacity: join.capacity,
    used: NOTHING,
    free: join.capacity,
    status: 'ALIVE',
    incarnation: before === undefined ? 0 : Math.min(before.incarnation + 1, MAX_INCARNATION),
    sequence: before?.sequence ?? 0,
    lastHeartbeatMs: context.timeMs,
    leaseUntilMs: renewedLease(context, join.node),
    suspectedAtMs: 0,
    weight: weightOf(bond),
    bondRef: ref === undefined ? held : [ref],
    bond,
  };
  saveNode(own, join.node, node);
  const { operator, incarnation, weight, leaseUntilMs } = node;
  context.emit(CLUSTER.events.NodeJoined, {
    node: join.node,
    operator,
    incarnation,
    weight,
    leaseUntilMs,
    state: clusterState(own),
  });
}

/** The node has left for good; its bond goes back to the operator. */
export function retire(context: LedgerContext, id: string, node: NodeRecord): void {
  const [ref] = node.bondRef;
  saveNode(context.own, id, { ...node, status: 'LEFT', weight: 1, bondRef: [], bond: 0n });
  suspicions.delete(context.own, id);
  if (ref === undefined) return;
  const data = encode(RELEASE_LOCK.type, { ledger: 'cluster', ref, to: node.operator });
  context.send({ to: 'economy', kind: RELEASE_LOCK.kind, data });
}

/** A leaving node whose last replica went has left. Returns what it was until then. */
export function retireIfEmpty(context: LedgerContext, id: string): NodeRecord | undefined {
  const node = nodes.get(context.own, id);
  if (node?.status !== 'DRAINING' || placements.has(context.own, id)) return undefined;
  retire(context, id, node);
  return node;
}

export function executeNodeLeave({ node: id }: NodeLeave, context: OperationContext): void {
  const { own } = context;
  const node = nodes.get(own, id);
  if (node === undefined) throw failure('NODE_UNKNOWN', 'no such node');
  if (node.operator !== context.sender) throw failure('NOT_NODE_OPERATOR', 'not the operator of the node');
  if (node.status === 'LEFT') throw failure('NODE_NOT_LIVE', 'the node has left');
  if (node.status === 'DRAINING') throw failure('NODE_LEAVING', 'the node is leaving already');
  const placed = placements.get(own, id) ?? [];
  if (placed.length === 0) retire(context, id, node);
  else {
    saveNode(own, id, { ...node, status: 'DRAINING' });
    addPending(
      own,
      placed.map(({ workload }) => workload),
    );
  }
  const status = placed.length === 0 ? 'LEFT' : 'DRAINING';
  const state = clusterState(own);
  context.emit(CLUSTER.events.NodeLeaving, { node: id, status, placements: placed.length, state });
}

export function executeRefute(refute: Refute, context: OperationContext): void {
  const { own } = context;
  const { node: id, incarnation } = refute;
  const node = nodes.get(own, id);
  if (node === undefined) throw failure('NODE_UNKNOWN', 'no such node');
  if (node.status !== 'SUSPECT') throw failure('NOT_SUSPECTED', `the node is ${node.status}`);
  if (incarnation <= node.incarnation || incarnation > node.incarnation + MAX_INCARNATION_STEP)
    throw failure('INCARNATION_NOT_HIGHER', `the suspected incarnation is ${node.incarnation}`);
  const signed = refuteSigningBytes(context.genesisHash, { node: id, incarnation });
  if (!verifySignature(id, signed, refute.signature))
    throw failure('REFUTE_SIGNATURE_WRONG', 'the node did not sign');
  const leaseUntilMs = renewedLease(context, id);
  saveNode(own, id, { ...node, status: 'ALIVE', incarnation, leaseUntilMs });
  suspicions.delete(own, id);
  const state = clusterState(own);
  context.emit(CLUSTER.events.SuspicionRefuted, { node: id, incarnation, leaseUntilMs, state });
}
