import assert from 'node:assert/strict';
import { saveNode, suspicionQueue } from '../../../src/ledger/cluster/registry.ts';
import { type NodeRecord, nodes } from '../../../src/ledger/state/cluster-records.ts';
import { encodeOperation } from '../../../src/types/operations/catalog.ts';
import { CLUSTER, CLUSTER_SYSTEM_RECEIPTS } from '../../../src/types/operations/cluster.ts';
import { CoordinationProofType } from '../../../src/types/proofs/coordination.ts';
import { readSystemReceipt } from '../../../src/types/system-receipt.ts';
import type { Operation } from '../../../src/types/transaction.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { hashNumber } from '../blocks.ts';
import { heartbeat, joinOf, refute, submission } from '../cluster-ledger.ts';
import { type Actor, actor } from '../ledger-chain.ts';
import { failing, type LedgerFixture, plan } from './fixture.ts';

const { operations } = CLUSTER;
const [a, b, c, suspected, leaving] = ['node a', 'node b', 'node c', 'node s', 'node l'].map(actor) as [
  Actor,
  Actor,
  Actor,
  Actor,
  Actor,
];
const joining = actor('node j');
const user = actor('cluster user');

const NOTHING = { cpuMilli: 0, memoryMib: 0, diskMib: 0 };
const SILENT: Omit<NodeRecord, 'status' | 'suspectedAtMs'> = {
  operator: user.address,
  region: 'eu',
  asn: 1,
  implementation: 'metanode',
  capacity: NOTHING,
  used: NOTHING,
  free: NOTHING,
  incarnation: 0,
  sequence: 0,
  lastHeartbeatMs: 0,
  leaseUntilMs: 0,
  weight: 1,
  bondRef: [],
  bond: 0n,
};

const report = (who: Actor) => ({ node: who.consensus.publicKey, incarnation: 0 });
const service = (name: string) => ({ name, port: 80, protocol: 'http' as const, endpoints: [] });

export const clusterFixture: LedgerFixture = {
  ledger: 'cluster',
  proof: CoordinationProofType,
  actors: [a, b, c, suspected, leaving, joining, user],
  parameters: { leaseMs: 3_600_000, suspectMs: 3_600_000 },
  setUp: (chain) => {
    const send = (plans: readonly (readonly [Actor, Operation])[]) => {
      const transactions = plans.map(([who, operation]) => chain.transaction(who, 'cluster', [operation]));
      for (const { status } of chain.block(transactions).receipts) assert.equal(status, 0);
    };
    send(
      [a, b, c, suspected, leaving].map((who) => [
        who,
        encodeOperation(operations.NodeJoin, joinOf(chain, who)),
      ]),
    );
    send([a, b].map((who) => [who, encodeOperation(operations.SuspectReport, report(suspected))]));
    for (const name of ['kept', 'gone'])
      send([[user, encodeOperation(operations.SvcRegister, service(name))]]);
    send([[user, encodeOperation(operations.WorkloadSubmit, submission('placed', { replicas: 2 }))]]);
  },
  cases: {
    NodeJoin: {
      succeeding: (chain) => plan(joining, operations.NodeJoin, joinOf(chain, joining)),
      failing: (chain) => failing(a, operations.NodeJoin, joinOf(chain, a), 'NODE_EXISTS'),
    },
    NodeLeave: {
      succeeding: () => plan(leaving, operations.NodeLeave, { node: leaving.consensus.publicKey }),
      failing: () =>
        failing(user, operations.NodeLeave, { node: a.consensus.publicKey }, 'NOT_NODE_OPERATOR'),
    },
    Heartbeat: {
      succeeding: (chain) => ({ sender: a, operation: heartbeat(chain, a, 1) }),
      failing: (chain) => ({
        sender: b,
        operation: heartbeat(chain, b, 1, { incarnation: 7 }),
        status: 'WRONG_INCARNATION',
      }),
    },
    SuspectReport: {
      succeeding: () => plan(b, operations.SuspectReport, report(c)),
      failing: () => failing(user, operations.SuspectReport, report(c), 'NOT_AN_OPERATOR'),
    },
    Refute: {
      succeeding: (chain) => plan(suspected, operations.Refute, refute(chain, suspected, 1)),
      failing: (chain) => failing(a, operations.Refute, refute(chain, a, 1), 'NOT_SUSPECTED'),
    },
    SvcRegister: {
      succeeding: () => plan(user, operations.SvcRegister, service('fresh')),
      failing: () => failing(user, operations.SvcRegister, service('kept'), 'SERVICE_EXISTS'),
    },
    SvcUpdate: {
      succeeding: () =>
        plan(user, operations.SvcUpdate, { ...service('kept'), port: 81, expectedVersion: 1 }),
      failing: () =>
        failing(user, operations.SvcUpdate, { ...service('kept'), expectedVersion: 9 }, 'SERVICE_CHANGED'),
    },
    SvcDeregister: {
      succeeding: () => plan(user, operations.SvcDeregister, { name: 'gone' }),
      failing: () => failing(user, operations.SvcDeregister, { name: 'nobody' }, 'SERVICE_UNKNOWN'),
    },
    WorkloadSubmit: {
      succeeding: () => plan(user, operations.WorkloadSubmit, submission('fresh')),
      failing: () =>
        failing(user, operations.WorkloadSubmit, submission('fresh', { replicas: 0 }), 'INVALID_REPLICAS'),
    },
    WorkloadCancel: {
      succeeding: () => plan(user, operations.WorkloadCancel, { app: 'placed' }),
      failing: () => failing(user, operations.WorkloadCancel, { app: 'nobody' }, 'WORKLOAD_UNKNOWN'),
    },
    Rebalance: {
      succeeding: () => plan(a, operations.Rebalance, { maxMoves: 2 }),
      failing: () => failing(user, operations.Rebalance, { maxMoves: 2 }, 'NOT_AN_OPERATOR'),
    },
  },
  backlog: {
    bound: LIMITS.maxExpiriesPerBlock,
    fill: (chain, count) => {
      // The nodes of the set-up fall silent, are suspected and die, so that nothing else is due.
      for (let i = 0; i < 2; i++) chain.block([], 2 * 3_600_000);
      chain.block();
      const { suspectMs } = chain.genesis.parameters;
      const view = chain.state.extend();
      const own = view.writer('cluster');
      for (let i = 0; i < count; i++) {
        const node = hashNumber(i);
        const suspectedAtMs = chain.timeMs - suspectMs;
        saveNode(own, node, { ...SILENT, suspectedAtMs, status: 'DEAD' });
        // More nodes than can serve at once: they stand in no list of serving nodes.
        nodes.set(own, { ...SILENT, suspectedAtMs, status: 'SUSPECT' }, node);
        suspicionQueue.push(own, { node, dueMs: chain.timeMs });
      }
      chain.state.commit(view);
    },
    done: ({ systemReceipts }) =>
      systemReceipts.flatMap((receipt) => {
        const change = readSystemReceipt(CLUSTER_SYSTEM_RECEIPTS.NodeStatusChanged, receipt);
        return change?.to === 'DEAD' ? [Number.parseInt(change.node, 16)] : [];
      }),
  },
};
