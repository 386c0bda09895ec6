import assert from 'node:assert/strict';
import fc from 'fast-check';
import { placementDue } from '../../src/ledger/cluster/registry.ts';
import { encodeOperation } from '../../src/types/operations/catalog.ts';
import { CLUSTER } from '../../src/types/operations/cluster.ts';
import { joinOf, OrchestrationChain, refute, submission } from '../support/cluster-ledger.ts';
import { actor } from '../support/ledger-chain.ts';

const { operations } = CLUSTER;
const people = ['a', 'b', 'c', 'd'].map(actor);
const CAPACITY = { cpuMilli: 10, memoryMib: 10, diskMib: 10 };
/** A third of the time a lease lasts. */
const ELAPSED_MS = 20_000;

const person = fc.integer({ min: 0, max: people.length - 1 });
const app = fc.constantFrom('one', 'two', 'three', 'four');
const deed = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ what: fc.constant('join' as const), person, region: fc.constantFrom('eu', 'us') }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('leave' as const), person }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('suspect' as const), person, target: person }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('refute' as const), person }) },
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constant('submit' as const),
      person,
      app,
      replicas: fc.integer({ min: 1, max: 4 }),
      cpuMilli: fc.integer({ min: 1, max: 6 }),
      regions: fc.constantFrom([], ['eu']),
    }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('cancel' as const), person, app }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('rebalance' as const), person }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('wait' as const), person }) },
);
type Deed = typeof deed extends fc.Arbitrary<infer D> ? D : never;

function operationOf(chain: OrchestrationChain, given: Deed) {
  const who = people[given.person] as (typeof people)[0];
  switch (given.what) {
    case 'join':
      return encodeOperation(
        operations.NodeJoin,
        joinOf(chain, who, { region: given.region, capacity: CAPACITY }),
      );
    case 'leave':
      return encodeOperation(operations.NodeLeave, { node: who.consensus.publicKey });
    case 'suspect': {
      const { consensus } = people[given.target] as (typeof people)[0];
      return encodeOperation(operations.SuspectReport, { node: consensus.publicKey, incarnation: 0 });
    }
    case 'refute':
      return encodeOperation(operations.Refute, refute(chain, who, 1));
    case 'submit': {
      const { replicas, regions, cpuMilli } = given;
      const request = { cpuMilli, memoryMib: 1, diskMib: 1 };
      return encodeOperation(
        operations.WorkloadSubmit,
        submission(given.app, { replicas, regions: [...regions], request }),
      );
    }
    case 'cancel':
      return encodeOperation(operations.WorkloadCancel, { app: given.app });
    case 'rebalance':
      return encodeOperation(operations.Rebalance, { maxMoves: 2 });
    case 'wait':
      return undefined;
  }
}

function play(chain: OrchestrationChain, given: Deed): string {
  const operation = operationOf(chain, given);
  const who = people[given.person] as (typeof people)[0];
  const transactions = operation === undefined ? [] : [chain.transaction(who, 'cluster', [operation])];
  return chain.block(transactions, ELAPSED_MS).stateRoot;
}

describe('A block that does not look for places because none is due', () => {
  it('comes out like one that looks every time', () => {
    fc.assert(
      fc.property(fc.array(deed, { minLength: 1, maxLength: 25 }), (deeds) => {
        const plain = new OrchestrationChain(people);
        const eager = new OrchestrationChain(people);
        for (const given of deeds) {
          const view = eager.state.extend();
          placementDue.set(view.writer('cluster'), 1);
          eager.state.commit(view);
          assert.equal(play(plain, given), play(eager, given));
        }
      }),
      { numRuns: 60 },
    );
  });
});
