import assert from 'node:assert/strict';
import { hasUpkeep } from '../../../../src/ledger/cluster/upkeep.ts';
import { encodeOperation } from '../../../../src/types/operations/catalog.ts';
import { CLUSTER } from '../../../../src/types/operations/cluster.ts';
import type { EncodedTransaction } from '../../../../src/types/transaction.ts';
import { LIMITS } from '../../../../src/util/limits.ts';
import { joinOf, movesOf, OrchestrationChain, submission } from '../../../support/cluster-ledger.ts';
import { type Actor, actor } from '../../../support/ledger-chain.ts';

const [a, b, user] = ['a', 'b', 'user'].map(actor) as [Actor, Actor, Actor];
const { operations } = CLUSTER;
const TINY = { cpuMilli: 1, memoryMib: 0, diskMib: 0 };
const HUGE = { cpuMilli: 1_000_000, memoryMib: 1, diskMib: 1 };

/** A chain on which these operators have a node each. */
function newChain(...operators: Actor[]): OrchestrationChain {
  const chain = new OrchestrationChain([a, b, user]);
  if (operators.length > 0) join(chain, ...operators);
  return chain;
}

/** The nodes join in one block. Returns whether the next one has work. */
function join(chain: OrchestrationChain, ...operators: Actor[]): boolean {
  const transactions = operators.map((who) => {
    const value = joinOf(chain, who, { region: who === a ? 'r1' : 'r2' });
    return chain.transaction(who, 'cluster', [encodeOperation(operations.NodeJoin, value)]);
  });
  return run(chain, transactions);
}

/** Submits workloads of one replica each, in one block. Returns whether the next one has work. */
function submit(chain: OrchestrationChain, apps: readonly string[], request = TINY): boolean {
  const list = apps.map((app) => encodeOperation(operations.WorkloadSubmit, submission(app, { request })));
  return run(chain, [chain.transaction(user, 'cluster', list, { maxFee: 500_000_000n })]);
}

function run(chain: OrchestrationChain, transactions: EncodedTransaction[]): boolean {
  const { receipts, hasPendingWork } = chain.block(transactions);
  assert.ok(receipts.every(({ status }) => status === 0));
  return hasPendingWork;
}

describe('Work of the cluster that needs no transaction', () => {
  it('is there after a submission, and gone once the replica has its place', () => {
    const chain = newChain(a);
    assert.equal(chain.block().hasPendingWork, false);
    assert.equal(submit(chain, ['web']), true);
    const placed = chain.block();
    assert.equal(movesOf(placed).length, 1);
    assert.equal(placed.hasPendingWork, false);
  });

  it('is carried over from block to block while more waits than one block places', () => {
    const chain = newChain();
    const half = LIMITS.maxPlacementsPerBlock / 2 + 1;
    for (const name of ['left', 'right'])
      submit(
        chain,
        Array.from({ length: half }, (_, index) => `${name}-${index}`),
      );
    assert.equal(chain.block().hasPendingWork, false, 'there is no node');
    assert.equal(join(chain, a, b), true);
    const first = chain.block();
    assert.equal(movesOf(first).length, LIMITS.maxPlacementsPerBlock);
    assert.equal(first.hasPendingWork, true);
    const second = chain.block();
    assert.equal(movesOf(second).length, 2);
    assert.equal(second.hasPendingWork, false);
  });

  it('is not there for what fits nowhere, until a node comes or room is freed', () => {
    const chain = newChain(a);
    const filling = { cpuMilli: 4_000, memoryMib: 1, diskMib: 1 };
    assert.equal(submit(chain, ['first', 'second'], filling), true);
    assert.equal(chain.block().hasPendingWork, false, 'one is placed, the other fits nowhere');
    assert.equal(join(chain, b), true);
    assert.equal(movesOf(chain.block()).length, 1);
    assert.equal(submit(chain, ['third'], filling), true);
    assert.equal(chain.block().hasPendingWork, false);
    const cancel = [encodeOperation(operations.WorkloadCancel, { app: 'first' })];
    assert.equal(run(chain, [chain.transaction(user, 'cluster', cancel)]), true);
    assert.equal(movesOf(chain.block()).length, 1);
  });

  it('is not kept up by a workload that no node can ever take', () => {
    const chain = newChain(a);
    assert.equal(submit(chain, ['web'], HUGE), true);
    assert.equal(chain.block().hasPendingWork, false);
    assert.equal(chain.block().hasPendingWork, false);
  });

  it('is there for a rebalance that was asked for', () => {
    const chain = newChain(a, b);
    const rebalance = [encodeOperation(operations.Rebalance, { maxMoves: 1 })];
    assert.equal(run(chain, [chain.transaction(a, 'cluster', rebalance)]), true);
    assert.equal(chain.block().hasPendingWork, false);
  });

  it('is there for a lease and a suspicion that are due and were not looked at', () => {
    const chain = newChain(a);
    const { leaseMs, suspectMs } = chain.genesis.parameters;
    const leaseUntilMs = chain.node(a).leaseUntilMs;
    const own = () => chain.state.reader('cluster');
    assert.equal(hasUpkeep(own(), leaseUntilMs), false, 'a lease holds to its last millisecond');
    assert.equal(hasUpkeep(own(), leaseUntilMs + 1), true);
    chain.block([], leaseMs);
    assert.equal(chain.block().hasPendingWork, false);
    assert.equal(chain.node(a).status, 'SUSPECT');
    const deadAtMs = chain.node(a).suspectedAtMs + suspectMs;
    assert.equal(hasUpkeep(own(), deadAtMs - 1), false);
    assert.equal(hasUpkeep(own(), deadAtMs), true);
  });
});
