import assert from 'node:assert/strict';
import { NOWHERE } from '../../../../src/ledger/state/cluster-records.ts';
import { encodeOperation, type KindSpec } from '../../../../src/types/operations/catalog.ts';
import { CLUSTER, CLUSTER_SYSTEM_RECEIPTS } from '../../../../src/types/operations/cluster.ts';
import { ECONOMY } from '../../../../src/types/operations/economy.ts';
import { readSystemReceipt } from '../../../../src/types/system-receipt.ts';
import {
  BIG,
  firstEvent,
  heartbeat,
  joinOf,
  movesOf,
  OrchestrationChain,
  refute,
  SMALL,
  statusOf,
  submission,
} from '../../../support/cluster-ledger.ts';
import { type Actor, actor } from '../../../support/ledger-chain.ts';

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(actor) as [Actor, Actor, Actor, Actor];
const { operations } = CLUSTER;
const REF = 'b0'.repeat(32);

const newChain = () => new OrchestrationChain([a, b, c, d]);
function send<T>(chain: OrchestrationChain, sender: Actor, spec: KindSpec<T>, value: T): string {
  return chain.send(sender, 'cluster', CLUSTER, spec, value).status;
}

/** A chain with the nodes of these actors, each in a region of its own. */
function withNodes(...members: readonly Actor[]): OrchestrationChain {
  const chain = newChain();
  for (const [index, who] of members.entries())
    assert.equal(send(chain, who, operations.NodeJoin, joinOf(chain, who, { region: `r${index}` })), 'OK');
  return chain;
}

const beat = (chain: OrchestrationChain, who: Actor, sequence: number, change = {}): string =>
  statusOf(CLUSTER, chain.run(who, 'cluster', [heartbeat(chain, who, sequence, change)]).status);

describe('NodeJoin', () => {
  it('registers a node with a lease and shows the cluster in the receipt', () => {
    const chain = newChain();
    const { receipt } = chain.send(a, 'cluster', CLUSTER, operations.NodeJoin, joinOf(chain, a));
    const { name, value } = firstEvent(CLUSTER, receipt);
    assert.equal(name, 'NodeJoined');
    const { state } = value as { state: unknown };
    const nothing = { cpuMilli: 0, memoryMib: 0, diskMib: 0 };
    assert.deepEqual(state, { alive: 1, capacity: BIG, used: nothing, healthPpm: 1_000_000 });
    assert.equal(chain.node(a).leaseUntilMs, chain.genesis.timeMs + chain.genesis.parameters.leaseMs);
  });

  it('is refused without proof of the key, capacity, a proper region, or twice', () => {
    const chain = newChain();
    const join = (change: object, sender = a) =>
      send(chain, sender, operations.NodeJoin, { ...joinOf(chain, a), ...change });
    assert.equal(join({ possession: joinOf(chain, b).possession }), 'NODE_POSSESSION_NOT_PROVED');
    assert.equal(join({}, b), 'NODE_POSSESSION_NOT_PROVED', 'the claim names the operator');
    assert.equal(join({ capacity: { cpuMilli: 0, memoryMib: 0, diskMib: 0 } }), 'NO_CAPACITY');
    assert.equal(join({ region: 'EU/..' }), 'INVALID_LABEL');
    assert.equal(join({ node: `01${'00'.repeat(31)}` }), 'WEAK_NODE_KEY');
    assert.equal(join({ bondRef: [REF] }), 'NODE_BOND_UNKNOWN');
    assert.equal(join({}), 'OK');
    assert.equal(join({}), 'NODE_EXISTS');
    assert.equal(join({}, b), 'NOT_NODE_OPERATOR');
  });

  it('takes a bond as weight, and gives it back when the node has left', () => {
    const chain = newChain();
    const lock = { ledger: 'cluster', purpose: 'bond', ref: REF, token: 'GEN', amount: 3_500_000n } as const;
    assert.equal(chain.run(a, 'economy', [encodeOperation(ECONOMY.operations.Lock, lock)]).status, 0);
    assert.equal(
      send(chain, b, operations.NodeJoin, joinOf(chain, b, { bondRef: [REF] })),
      'NODE_BOND_NOT_OWNED',
    );
    assert.equal(send(chain, a, operations.NodeJoin, joinOf(chain, a, { bondRef: [REF] })), 'OK');
    assert.equal(chain.node(a).weight, 4);
    assert.equal(send(chain, a, operations.NodeLeave, { node: a.consensus.publicKey }), 'OK');
    assert.equal(chain.node(a).status, 'LEFT');
    chain.block();
    assert.equal(chain.state.reader('economy').get(`lock/cluster/${REF}`), undefined);
    assert.equal(
      send(chain, a, operations.NodeJoin, joinOf(chain, a, { bondRef: [REF] })),
      'NODE_BOND_UNKNOWN',
    );
  });
});

describe('Heartbeat', () => {
  it('renews the lease for free, in sequence, once per interval', () => {
    const chain = withNodes(a);
    assert.equal(beat(chain, a, 1), 'OK');
    assert.equal(chain.node(a).sequence, 1);
    assert.deepEqual(chain.node(a).free, SMALL);
    assert.equal(beat(chain, a, 2), 'HEARTBEAT_TOO_SOON');
    chain.block([], 10_000);
    assert.equal(beat(chain, a, 1), 'HEARTBEAT_REPLAYED');
    const before = chain.timeMs;
    assert.equal(beat(chain, a, 2), 'OK');
    assert.equal(chain.node(a).leaseUntilMs, before + chain.genesis.parameters.leaseMs);
  });

  it('may be carried by anyone but is signed by the node', () => {
    const chain = withNodes(a);
    const carried = chain.run(b, 'cluster', [heartbeat(chain, a, 1)], { maxFee: 0n });
    assert.equal(carried.status, 0);
    assert.deepEqual(carried.charges, []);
    chain.block([], 20_000);
    const forged = heartbeat(
      chain,
      { ...b, consensus: { ...b.consensus, publicKey: a.consensus.publicKey } },
      2,
    );
    assert.equal(statusOf(CLUSTER, chain.run(b, 'cluster', [forged]).status), 'HEARTBEAT_SIGNATURE_WRONG');
  });

  it('is refused of an unknown node, another incarnation, or with more free than there is', () => {
    const chain = withNodes(a);
    assert.equal(beat(chain, b, 1), 'NODE_UNKNOWN');
    assert.equal(beat(chain, a, 1, { incarnation: 1 }), 'WRONG_INCARNATION');
    assert.equal(beat(chain, a, 1, { free: { ...BIG, cpuMilli: 4_001 } }), 'FREE_ABOVE_CAPACITY');
  });
});

describe('The end of a lease', () => {
  it('makes a node SUSPECT, and DEAD after the time to refute', () => {
    const chain = withNodes(a);
    const { leaseMs, suspectMs } = chain.genesis.parameters;
    chain.block([], leaseMs);
    const block = chain.block([], 0);
    assert.equal(chain.node(a).status, 'SUSPECT');
    assert.deepEqual(
      block.systemReceipts.map((receipt) =>
        readSystemReceipt(CLUSTER_SYSTEM_RECEIPTS.NodeStatusChanged, receipt),
      ),
      [{ node: a.consensus.publicKey, incarnation: 0, from: 'ALIVE', to: 'SUSPECT' }],
    );
    chain.block([], suspectMs - 1);
    chain.block([], 1);
    assert.equal(chain.node(a).status, 'SUSPECT', 'not yet');
    chain.block();
    assert.equal(chain.node(a).status, 'DEAD');
    assert.equal(beat(chain, a, 1), 'NODE_NOT_LIVE');
    assert.equal(send(chain, a, operations.NodeJoin, joinOf(chain, a)), 'OK');
    assert.equal(chain.node(a).incarnation, 1);
  });

  it('does not touch a node that renewed it', () => {
    const chain = withNodes(a);
    chain.block([], 40_000);
    assert.equal(beat(chain, a, 1), 'OK');
    chain.block([], 40_000);
    chain.block();
    assert.equal(chain.node(a).status, 'ALIVE');
  });

  it('frees the replicas of a dead node and places them elsewhere in the same BeginBlock', () => {
    const chain = withNodes(a, b);
    send(chain, c, operations.WorkloadSubmit, submission('web', { replicas: 2 }));
    chain.block();
    assert.ok(!chain.workload(c, 'web').nodes.includes(NOWHERE));
    const { leaseMs, suspectMs } = chain.genesis.parameters;
    chain.block([], leaseMs - 10_000);
    assert.equal(beat(chain, b, 1), 'OK');
    assert.equal(send(chain, d, operations.NodeJoin, joinOf(chain, d, { region: 'r9' })), 'OK');
    chain.block([], 20_000);
    chain.block([], suspectMs);
    assert.deepEqual([chain.node(a).status, chain.node(b).status], ['SUSPECT', 'ALIVE']);
    const block = chain.block();
    assert.equal(chain.node(a).status, 'DEAD');
    const moves = movesOf(block);
    assert.deepEqual(
      moves.map(({ from, to }) => [from, to]),
      [
        [[a.consensus.publicKey], []],
        [[], [d.consensus.publicKey]],
      ],
    );
    assert.deepEqual(
      chain.workload(c, 'web').nodes.toSorted(),
      [b.consensus.publicKey, d.consensus.publicKey].sort(),
    );
    assert.deepEqual(chain.node(a).used, { cpuMilli: 0, memoryMib: 0, diskMib: 0 });
  });
});

describe('SuspectReport and Refute', () => {
  const report = (who: Actor) => ({ node: who.consensus.publicKey, incarnation: 0 });

  it('a third of the weight makes a node SUSPECT, and a higher incarnation brings it back', () => {
    const chain = withNodes(a, b, c, d);
    assert.equal(send(chain, b, operations.SuspectReport, report(a)), 'OK');
    assert.equal(chain.node(a).status, 'ALIVE', 'one of four is less than a third');
    assert.equal(send(chain, b, operations.SuspectReport, report(a)), 'ALREADY_REPORTED');
    assert.equal(send(chain, c, operations.SuspectReport, report(a)), 'OK');
    assert.equal(chain.node(a).status, 'SUSPECT');
    assert.equal(beat(chain, a, 1), 'NODE_SUSPECTED');
    assert.equal(send(chain, a, operations.Refute, refute(chain, a, 0)), 'INCARNATION_NOT_HIGHER');
    assert.equal(send(chain, a, operations.Refute, refute(chain, a, 1, b)), 'REFUTE_SIGNATURE_WRONG');
    assert.equal(send(chain, a, operations.Refute, refute(chain, a, 1)), 'OK');
    assert.equal(chain.node(a).status, 'ALIVE');
    assert.equal(send(chain, d, operations.SuspectReport, report(a)), 'WRONG_INCARNATION');
    assert.equal(send(chain, a, operations.Refute, refute(chain, a, 2)), 'NOT_SUSPECTED');
  });

  it('counts nothing from outsiders, about unknown nodes, or of an operator about itself', () => {
    const chain = withNodes(a, b);
    assert.equal(send(chain, d, operations.SuspectReport, report(a)), 'NOT_AN_OPERATOR');
    assert.equal(send(chain, a, operations.SuspectReport, report(a)), 'OWN_NODE_SUSPECTED');
    assert.equal(send(chain, a, operations.SuspectReport, report(c)), 'NODE_UNKNOWN');
  });

  it('heartbeats carry suspicions, and stale ones do no harm', () => {
    const chain = withNodes(a, b, c);
    const suspects = [report(a), { ...report(a), incarnation: 7 }, report(d)];
    assert.equal(beat(chain, b, 1, { suspects }), 'OK');
    assert.equal(chain.node(a).status, 'SUSPECT');
  });
});

describe('NodeLeave', () => {
  it('moves the replicas of a leaving node, then lets it go', () => {
    const chain = withNodes(a);
    send(chain, c, operations.WorkloadSubmit, submission('web'));
    chain.block();
    assert.equal(send(chain, b, operations.NodeLeave, { node: a.consensus.publicKey }), 'NOT_NODE_OPERATOR');
    assert.equal(send(chain, a, operations.NodeLeave, { node: a.consensus.publicKey }), 'OK');
    assert.equal(chain.node(a).status, 'DRAINING');
    assert.equal(send(chain, a, operations.NodeLeave, { node: a.consensus.publicKey }), 'NODE_LEAVING');
    chain.block();
    assert.equal(chain.node(a).status, 'DRAINING', 'there is no other node');
    send(chain, b, operations.NodeJoin, joinOf(chain, b));
    chain.block();
    assert.equal(chain.node(a).status, 'LEFT');
    assert.deepEqual(chain.workload(c, 'web').nodes, [b.consensus.publicKey]);
  });

  it('lets a leaving node go with the last workload that was cancelled', () => {
    const chain = withNodes(a);
    for (const app of ['web', 'mail']) send(chain, c, operations.WorkloadSubmit, submission(app));
    chain.block();
    assert.equal(send(chain, a, operations.NodeLeave, { node: a.consensus.publicKey }), 'OK');
    send(chain, c, operations.WorkloadCancel, { app: 'web' });
    assert.equal(chain.node(a).status, 'DRAINING');
    send(chain, c, operations.WorkloadCancel, { app: 'mail' });
    assert.equal(chain.node(a).status, 'LEFT');
  });
});
