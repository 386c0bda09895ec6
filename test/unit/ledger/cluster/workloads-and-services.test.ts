import assert from 'node:assert/strict';
import { rankEndpoints } from '../../../../src/ledger/cluster/services.ts';
import { NOWHERE, placements } from '../../../../src/ledger/state/cluster-records.ts';
import { containers } from '../../../../src/ledger/state/container-records.ts';
import { encodeOperation, type KindSpec } from '../../../../src/types/operations/catalog.ts';
import { appId, CLUSTER, type Endpoint } from '../../../../src/types/operations/cluster.ts';
import { NO_USAGE } from '../../../../src/types/step-receipt.ts';
import {
  BIG,
  joinOf,
  movesOf,
  OrchestrationChain,
  SMALL,
  submission,
} from '../../../support/cluster-ledger.ts';
import { type Actor, actor } from '../../../support/ledger-chain.ts';

const [a, b, c, user] = ['a', 'b', 'c', 'user'].map(actor) as [Actor, Actor, Actor, Actor];
const { operations } = CLUSTER;
const APP = appId(user.address, 'web');

/** Three nodes in three regions. */
function newChain(): OrchestrationChain {
  const chain = new OrchestrationChain([a, b, c, user]);
  for (const [index, who] of [a, b, c].entries())
    assert.equal(send(chain, who, operations.NodeJoin, joinOf(chain, who, { region: `r${index}` })), 'OK');
  return chain;
}

function send<T>(chain: OrchestrationChain, sender: Actor, spec: KindSpec<T>, value: T): string {
  return chain.send(sender, 'cluster', CLUSTER, spec, value).status;
}

/** The replicas' containers run where they are placed, as docklock would say. */
function runContainers(chain: OrchestrationChain): Endpoint[] {
  const view = chain.state.extend();
  const endpoints = chain.workload(user, 'web').nodes.map((node, replica) => {
    const container = {
      node,
      generation: 1,
      state: 'running' as const,
      exitCode: 0,
      sequence: 3,
      tip: '11'.repeat(32),
      usage: NO_USAGE,
      sinceMs: 0,
      lastBatchMs: 0,
    };
    containers.set(view.writer('docklock'), container, APP, replica);
    return { app: APP, replica, node, weight: replica + 1 };
  });
  chain.state.commit(view);
  return endpoints;
}

describe('WorkloadSubmit and WorkloadCancel', () => {
  it('a workload is placed in the next BeginBlock, spread over regions, and gives its places back', () => {
    const chain = newChain();
    assert.equal(send(chain, user, operations.WorkloadSubmit, submission('web', { replicas: 3 })), 'OK');
    assert.deepEqual(chain.workload(user, 'web').nodes, [NOWHERE, NOWHERE, NOWHERE]);
    const block = chain.block();
    const { nodes } = chain.workload(user, 'web');
    assert.equal(new Set(nodes).size, 3, 'one region may hold a third');
    assert.deepEqual(
      movesOf(block),
      nodes.map((node, replica) => ({ workload: APP, replica, from: [], to: [node] })),
    );
    for (const who of [a, b, c]) assert.deepEqual(chain.node(who).used, SMALL);
    assert.equal(send(chain, user, operations.WorkloadSubmit, submission('web')), 'WORKLOAD_EXISTS');
    assert.equal(send(chain, a, operations.WorkloadCancel, { app: 'web' }), 'WORKLOAD_UNKNOWN');
    assert.equal(send(chain, user, operations.WorkloadCancel, { app: 'web' }), 'OK');
    for (const who of [a, b, c]) {
      assert.equal(chain.node(who).used.cpuMilli, 0);
      assert.equal(placements.get(chain.state.reader('cluster'), who.consensus.publicKey), undefined);
    }
    assert.deepEqual(movesOf(chain.block()), []);
  });

  it('waits until there is a node that fits, and is placed when one joins', () => {
    const chain = newChain();
    const regions = ['mars'];
    assert.equal(send(chain, user, operations.WorkloadSubmit, submission('web', { regions })), 'OK');
    assert.deepEqual(movesOf(chain.idle(3, 1_000)), []);
    const { consensus } = user;
    assert.equal(send(chain, user, operations.NodeJoin, joinOf(chain, user, { region: 'mars' })), 'OK');
    chain.block();
    assert.deepEqual(chain.workload(user, 'web').nodes, [consensus.publicKey]);
  });

  it('refuses what can never be placed', () => {
    const chain = newChain();
    const submit = (change: object) =>
      send(chain, user, operations.WorkloadSubmit, { ...submission('web'), ...change });
    assert.equal(submit({ app: 'Web/1' }), 'INVALID_LABEL');
    assert.equal(submit({ regions: ['?'] }), 'INVALID_LABEL');
    assert.equal(submit({ replicas: 0 }), 'INVALID_REPLICAS');
    assert.equal(submit({ replicas: 33 }), 'INVALID_REPLICAS');
    assert.equal(submit({ request: { cpuMilli: 0, memoryMib: 0, diskMib: 0 } }), 'EMPTY_REQUEST');
    assert.equal(submit({ priorityPpm: 0 }), 'INVALID_PRIORITY');
    assert.equal(submit({ priorityPpm: 1_000_001 }), 'INVALID_PRIORITY');
  });
});

describe('Rebalance', () => {
  it('moves replicas from the fullest node to the emptiest, once, in the next BeginBlock', () => {
    const chain = new OrchestrationChain([a, b, c, user]);
    send(chain, a, operations.NodeJoin, joinOf(chain, a));
    for (const app of ['one', 'two', 'three', 'four'])
      send(chain, user, operations.WorkloadSubmit, submission(app));
    chain.block();
    send(chain, b, operations.NodeJoin, joinOf(chain, b));
    assert.equal(chain.node(a).used.cpuMilli, 4 * SMALL.cpuMilli, 'nothing moves by itself');
    assert.equal(send(chain, user, operations.Rebalance, { maxMoves: 2 }), 'NOT_AN_OPERATOR');
    assert.equal(send(chain, b, operations.Rebalance, { maxMoves: 0 }), 'INVALID_MOVES');
    assert.equal(send(chain, b, operations.Rebalance, { maxMoves: 17 }), 'INVALID_MOVES');
    const twice = ['b', 'a'].map((name) =>
      chain.transaction(name === 'b' ? b : a, 'cluster', [
        encodeOperation(operations.Rebalance, { maxMoves: 5 }),
      ]),
    );
    const statuses = chain.block(twice).receipts.map(({ status }) => status);
    assert.deepEqual(statuses, [0, CLUSTER.statuses.REBALANCE_PENDING]);
    assert.equal(movesOf(chain.block()).length, 2);
    assert.deepEqual([chain.node(a).used.cpuMilli, chain.node(b).used.cpuMilli], [1_000, 1_000]);
    assert.deepEqual(movesOf(chain.block()), []);
  });
});

describe('Services', () => {
  const register = (endpoints: Endpoint[], name = 'web') => ({
    name,
    port: 443,
    protocol: 'http' as const,
    endpoints,
  });

  it('belong to who registered the name, and change by version', () => {
    const chain = newChain();
    send(chain, user, operations.WorkloadSubmit, submission('web', { replicas: 3 }));
    chain.block();
    const endpoints = runContainers(chain);
    const [first, second] = endpoints as [Endpoint, Endpoint];
    const submit = (change: object) =>
      send(chain, user, operations.SvcRegister, { ...register(endpoints), ...change });
    assert.equal(submit({ name: 'a.b' }), 'INVALID_LABEL');
    assert.equal(submit({ port: 0 }), 'INVALID_PORT');
    assert.equal(submit({ endpoints: [first, first] }), 'ENDPOINT_REPEATED');
    assert.equal(submit({ endpoints: [{ ...first, weight: 0 }] }), 'ENDPOINT_WEIGHTLESS');
    assert.equal(submit({ endpoints: [{ ...first, node: second.node }] }), 'ENDPOINT_NOT_RUNNING');
    assert.equal(submit({ endpoints: [{ ...first, replica: 9 }] }), 'ENDPOINT_NOT_RUNNING');
    assert.equal(submit({}), 'OK');
    assert.equal(submit({}), 'SERVICE_EXISTS');
    const update = { ...register([first]), expectedVersion: 1 };
    assert.equal(send(chain, a, operations.SvcUpdate, update), 'NOT_SERVICE_OWNER');
    assert.equal(send(chain, user, operations.SvcUpdate, update), 'OK');
    assert.equal(send(chain, user, operations.SvcUpdate, update), 'SERVICE_CHANGED');
    assert.equal(send(chain, a, operations.SvcDeregister, { name: 'web' }), 'NOT_SERVICE_OWNER');
    assert.equal(send(chain, user, operations.SvcDeregister, { name: 'web' }), 'OK');
    assert.equal(send(chain, user, operations.SvcDeregister, { name: 'web' }), 'SERVICE_UNKNOWN');
  });

  it('spread clients by weight, and move only the clients of an endpoint whose node died', () => {
    const chain = newChain();
    send(chain, user, operations.WorkloadSubmit, submission('web', { replicas: 3 }));
    chain.block();
    send(chain, user, operations.SvcRegister, register(runContainers(chain)));
    const firstOf = (client: number) => {
      const { state } = chain;
      return rankEndpoints(state.reader('cluster'), state.reader('docklock'), 'web', `client ${client}`)[0];
    };
    const before = Array.from({ length: 600 }, (_, client) => firstOf(client)?.replica as number);
    for (const replica of [0, 1, 2]) {
      const expected = (600 * (replica + 1)) / 6;
      const count = before.filter((chosen) => chosen === replica).length;
      assert.ok(Math.abs(count - expected) < 5 * Math.sqrt(expected), `replica ${replica}: ${count}`);
    }
    const dead = chain.workload(user, 'web').nodes[2];
    const report = { node: dead as string, incarnation: 0 };
    const reporters = [a, b, c].filter((who) => who.consensus.publicKey !== dead);
    assert.equal(send(chain, reporters[0] as Actor, operations.SuspectReport, report), 'OK');
    for (const [client, chosen] of before.entries()) {
      const now = firstOf(client)?.replica;
      assert.notEqual(now, 2);
      if (chosen !== 2) assert.equal(now, chosen);
    }
  });
});

describe('The bound of a node', () => {
  it('is never exceeded by what is placed on it', () => {
    const chain = new OrchestrationChain([a, user]);
    send(chain, a, operations.NodeJoin, joinOf(chain, a));
    const request = { ...SMALL, cpuMilli: 1_500 };
    for (const app of ['one', 'two', 'three'])
      send(chain, user, operations.WorkloadSubmit, submission(app, { request }));
    chain.block();
    assert.equal(chain.node(a).used.cpuMilli, 3_000);
    assert.ok(chain.node(a).used.cpuMilli <= BIG.cpuMilli);
    const placed = ['one', 'two', 'three'].filter((app) => chain.workload(user, app).nodes[0] !== NOWHERE);
    assert.equal(placed.length, 2);
  });
});
