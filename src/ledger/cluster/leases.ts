import { verifySignature } from '../../crypto/ed25519.ts';
import {
  CLUSTER,
  type Heartbeat,
  heartbeatSigningBytes,
  type SuspectReport,
} from '../../types/operations/cluster.ts';
import type { LedgerContext, OperationContext } from '../seam.ts';
import { nodes } from '../state/cluster-records.ts';
import { failure } from './failure.ts';
import { renewedLease } from './nodes.ts';
import {
  clusterState,
  operatorWeight,
  readSummary,
  saveNode,
  suspicionQueue,
  suspicions,
} from './registry.ts';
import { isWithin } from './resources.ts';

/** Leases are renewed by heartbeats; who does not answer is suspected, by its peers or by the end of its lease. */

export function executeHeartbeat(heartbeat: Heartbeat, context: OperationContext): void {
  const { own, timeMs, parameters } = context;
  const { signature, ...body } = heartbeat;
  const { node: id, sequence, incarnation, free } = body;
  const node = nodes.get(own, id);
  if (node === undefined) throw failure('NODE_UNKNOWN', 'no such node');
  if (node.status === 'SUSPECT') throw failure('NODE_SUSPECTED', 'a suspected node refutes first');
  if (node.status === 'DEAD' || node.status === 'LEFT')
    throw failure('NODE_NOT_LIVE', `the node is ${node.status}`);
  if (incarnation !== node.incarnation)
    throw failure('WRONG_INCARNATION', `the node is in incarnation ${node.incarnation}`);
  if (sequence <= node.sequence) throw failure('HEARTBEAT_REPLAYED', `sequence ${node.sequence} was there`);
  if (node.sequence > 0 && timeMs - node.lastHeartbeatMs < parameters.heartbeatIntervalMs)
    throw failure('HEARTBEAT_TOO_SOON', `one heartbeat in ${parameters.heartbeatIntervalMs} ms`);
  if (!isWithin(free, node.capacity)) throw failure('FREE_ABOVE_CAPACITY', 'more free than there is');
  if (!verifySignature(id, heartbeatSigningBytes(context.genesisHash, body), signature))
    throw failure('HEARTBEAT_SIGNATURE_WRONG', 'the node did not sign');
  const leaseUntilMs = renewedLease(context, id);
  saveNode(own, id, { ...node, sequence, free, lastHeartbeatMs: timeMs, leaseUntilMs });
  // What a node sees may be out of date, so an observation that says nothing any more is no fault.
  for (const suspect of body.suspects) countSuspicion(context, suspect, node.operator);
  context.emit(CLUSTER.events.LeaseRenewed, { node: id, sequence, leaseUntilMs, state: clusterState(own) });
}

type SuspicionFault =
  | 'NODE_UNKNOWN'
  | 'NODE_NOT_LIVE'
  | 'WRONG_INCARNATION'
  | 'OWN_NODE_SUSPECTED'
  | 'NOT_AN_OPERATOR'
  | 'ALREADY_REPORTED';
type Counted = { readonly fault: SuspicionFault } | { readonly weight: number; readonly needed: number };

/**
 * Counts that an operator suspects a node. Operators with a third of the weight of all ALIVE nodes make it SUSPECT:
 * with less than a third of the weight nobody can disturb a node that is alive.
 */
function countSuspicion(context: LedgerContext, target: SuspectReport, operator: string): Counted {
  const { own, timeMs, parameters } = context;
  const node = nodes.get(own, target.node);
  if (node === undefined) return { fault: 'NODE_UNKNOWN' };
  if (node.status !== 'ALIVE') return { fault: 'NODE_NOT_LIVE' };
  if (target.incarnation !== node.incarnation) return { fault: 'WRONG_INCARNATION' };
  if (node.operator === operator) return { fault: 'OWN_NODE_SUSPECTED' };
  const ownWeight = operatorWeight(own, operator);
  if (ownWeight === 0) return { fault: 'NOT_AN_OPERATOR' };
  const last = suspicions.get(own, target.node);
  const isOpen = last?.incarnation === node.incarnation && timeMs - last.sinceMs <= parameters.leaseMs;
  const open = isOpen ? last : { incarnation: node.incarnation, sinceMs: timeMs, weight: 0, operators: [] };
  if (open.operators.includes(operator)) return { fault: 'ALREADY_REPORTED' };
  const weight = open.weight + ownWeight;
  const needed = Math.ceil(readSummary(own).aliveWeight / 3);
  if (weight >= needed) suspect(context, target.node);
  else suspicions.set(own, { ...open, weight, operators: [...open.operators, operator] }, target.node);
  return { weight, needed };
}

/** From now on the node has `suspectMs` to refute. */
export function suspect(context: LedgerContext, id: string): void {
  const { own, timeMs, parameters } = context;
  const node = nodes.get(own, id);
  if (node === undefined) return;
  saveNode(own, id, { ...node, status: 'SUSPECT', suspectedAtMs: timeMs });
  suspicions.delete(own, id);
  suspicionQueue.push(own, { node: id, dueMs: timeMs + parameters.suspectMs });
}

export function executeSuspectReport(report: SuspectReport, context: OperationContext): void {
  const counted = countSuspicion(context, report, context.sender);
  if ('fault' in counted) throw failure(counted.fault, 'the report counts for nothing');
  const { own } = context;
  context.emit(CLUSTER.events.SuspicionCounted, {
    node: report.node,
    incarnation: report.incarnation,
    weight: counted.weight,
    needed: counted.needed,
    status: nodes.get(own, report.node)?.status ?? 'LEFT',
    state: clusterState(own),
  });
}
