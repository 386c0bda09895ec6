import { CLUSTER } from '../../types/operations/cluster.ts';
import { CoordinationItemType } from '../../types/proofs/coordination.ts';
import { digestEvents } from '../../types/proofs/transact.ts';
import { encode } from '../../types/ssz.ts';
import { LIMITS } from '../../util/limits.ts';
import { GAS_PER_ENDPOINT, GAS_PER_MOVE, OPERATION_GAS } from '../gas-table.ts';
import { handlersFor, type LedgerModule } from '../seam.ts';
import { executeHeartbeat, executeSuspectReport } from './leases.ts';
import { executeNodeJoin, executeNodeLeave, executeRefute } from './nodes.ts';
import { executeSvcDeregister, executeSvcRegister, executeSvcUpdate } from './services.ts';
import { hasUpkeep, runUpkeep } from './upkeep.ts';
import { executeRebalance, executeWorkloadCancel, executeWorkloadSubmit } from './workloads.ts';

const endpointGas = ({ endpoints }: { readonly endpoints: readonly unknown[] }): number =>
  GAS_PER_ENDPOINT * endpoints.length;

/** Heartbeats are free: one per node and interval, signed by the node. */
const handlers = handlersFor(CLUSTER, OPERATION_GAS.cluster, {
  NodeJoin: { execute: executeNodeJoin },
  NodeLeave: { execute: executeNodeLeave },
  Heartbeat: { free: true, execute: executeHeartbeat },
  SuspectReport: { execute: executeSuspectReport },
  Refute: { execute: executeRefute },
  SvcRegister: { extraGas: endpointGas, execute: executeSvcRegister },
  SvcUpdate: { extraGas: endpointGas, execute: executeSvcUpdate },
  SvcDeregister: { execute: executeSvcDeregister },
  WorkloadSubmit: { execute: executeWorkloadSubmit },
  WorkloadCancel: { execute: executeWorkloadCancel },
  Rebalance: {
    extraGas: ({ maxMoves }) => GAS_PER_MOVE * Math.min(maxMoves, LIMITS.maxRebalanceMoves),
    execute: executeRebalance,
  },
});

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
