import { CLUSTER } from '../../types/operations/cluster.ts';
import { CoordinationItemType } from '../../types/proofs/coordination.ts';
import { digestEvents } from '../../types/proofs/transact.ts';
import { encode } from '../../types/ssz.ts';
import type { LedgerModule } from '../seam.ts';
import { executeHeartbeat, executeSuspectReport } from './leases.ts';
import { executeNodeJoin, executeNodeLeave, executeRefute } from './nodes.ts';
import { executeSvcDeregister, executeSvcRegister, executeSvcUpdate } from './services.ts';
import { hasUpkeep, runUpkeep } from './upkeep.ts';
import { executeRebalance, executeWorkloadCancel, executeWorkloadSubmit } from './workloads.ts';

const { operations } = CLUSTER;
/**
 * Gas: a join checks a new key and a signature, a heartbeat or a refutation one signature; a leave and a cancel may
 * touch the replicas of a node or a workload. Heartbeats are free: one per node and interval, signed by the node.
 */
const handlers: LedgerModule['handlers'] = [
  { name: 'NodeJoin', spec: operations.NodeJoin, gas: 150_000, execute: executeNodeJoin },
  { name: 'NodeLeave', spec: operations.NodeLeave, gas: 100_000, execute: executeNodeLeave },
  { name: 'Heartbeat', spec: operations.Heartbeat, gas: 30_000, free: true, execute: executeHeartbeat },
  { name: 'SuspectReport', spec: operations.SuspectReport, gas: 20_000, execute: executeSuspectReport },
  { name: 'Refute', spec: operations.Refute, gas: 30_000, execute: executeRefute },
  { name: 'SvcRegister', spec: operations.SvcRegister, gas: 50_000, execute: executeSvcRegister },
  { name: 'SvcUpdate', spec: operations.SvcUpdate, gas: 50_000, execute: executeSvcUpdate },
  { name: 'SvcDeregister', spec: operations.SvcDeregister, gas: 10_000, execute: executeSvcDeregister },
  { name: 'WorkloadSubmit', spec: operations.WorkloadSubmit, gas: 50_000, execute: executeWorkloadSubmit },
  { name: 'WorkloadCancel', spec: operations.WorkloadCancel, gas: 250_000, execute: executeWorkloadCancel },
  { name: 'Rebalance', spec: operations.Rebalance, gas: 100_000, execute: executeRebalance },
];

/** The ledger of nodes, services and placements. */
export const cluster: LedgerModule = {
  name: 'cluster',
  handlers,
  beginBlock: runUpkeep,
  hasPendingWork: hasUpkeep,
  proofItem: ({ txId, status, events }) =>
    encode(CoordinationItemType, {
      txId,
      status,
      eventsDigest: digestEvents(events),
      heartbeats: events.filter(({ kind }) => kind === CLUSTER.events.LeaseRenewed.kind).length,
    }),
};
