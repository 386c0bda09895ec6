import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { Random } from '../../src/sim/random.ts';
import { waitFor } from '../support/cluster.ts';
import { FragileCluster } from '../support/fragile-cluster.ts';
import type { DiskStep, FailPoint } from '../support/fragile-machine.ts';
import { useTemporaryDirectory } from '../support/temporary-directory.ts';

/** A height takes this many steps of the disk at most: three votes, the pool, the block, a rewritten journal. */
const STEPS_OF_A_HEIGHT = 14;

describe('Property: crashes on the way of a commit', function () {
  this.timeout(180_000);
  const directory = useTemporaryDirectory();
  let cluster: FragileCluster;

  beforeEach(async () => {
    cluster = await FragileCluster.start(directory.path);
  });
  afterEach(() => cluster.stop());

  function assertUnharmed(what: string): void {
    assert.deepEqual(cluster.book.contradictions, [], what);
    assert.deepEqual(cluster.disagreements(), [], what);
    assert.deepEqual(cluster.faults, [], what);
  }

  /** Lets a node die at a step of its disk while the chain goes on, and returns the step. */
  async function dieAt(k: number, failPoint: FailPoint, power: Random | undefined): Promise<DiskStep> {
    const death = Promise.withResolvers<DiskStep>();
    cluster.machines[k]?.arm(failPoint, (step) => {
      cluster.crash(k, power);
      death.resolve(step);
    });
    let isDead = false;
    void death.promise.then(() => {
      isDead = true;
    });
    await waitFor(`v${k} dies at step ${failPoint.atStep}`, () => {
      cluster.work();
      return isDead;
    });
    return await death.promise;
  }

  it('L01 L12 each step of journal and store is the last one of a process or a machine, and nothing is contradicted', async () => {
    const random = new Random(1);
    const steps = new Set<DiskStep>();
    await cluster.reach(1);
    for (let atStep = 1; atStep <= STEPS_OF_A_HEIGHT; atStep++)
      for (const when of ['before', 'after'] as const)
        for (const power of [random, undefined]) {
          const k = random.between(0, 3);
          const step = await dieAt(k, { atStep, when }, power);
          steps.add(step);
          await cluster.boot(k);
          await cluster.reach(cluster.height + 1);
          assertUnharmed(`v${k} ${power === undefined ? 'killed' : 'without power'} ${when} ${step}`);
        }
    const all: DiskStep[] = ['batch', 'create', 'rename', 'sync', 'sync directory', 'write'];
    assert.deepEqual([...steps].sort(), all, 'every step was one at which a node died');
  });

  it('L06 L07 L15 any nodes, all of them too, die at any steps, also while they start, and every transaction is in one block', async () => {
    const crash = fc.record({
      nodes: fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 4 }),
      atStep: fc.integer({ min: 1, max: STEPS_OF_A_HEIGHT }),
      when: fc.constantFrom('before' as const, 'after' as const),
      power: fc.option(fc.nat(), { nil: undefined }),
      /** Dies once more at this step of its start. */
      again: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(crash, { minLength: 1, maxLength: 3 }), async (crashes) => {
        for (const { nodes, atStep, when, power, again } of crashes) {
          const random = power === undefined ? undefined : new Random(power);
          const deaths: Promise<unknown>[] = [];
          for (const k of nodes)
            deaths.push(
              new Promise((resolve) => {
                cluster.machines[k]?.arm({ atStep, when }, () => {
                  cluster.crash(k, random);
                  resolve(k);
                });
              }),
            );
          cluster.work();
          // Where one death stops the chain, the others may never come to their step.
          await Promise.race([Promise.all(deaths), sleep(600)]);
          for (const k of nodes) {
            cluster.crash(k, random);
            if (again !== undefined) {
              cluster.machines[k]?.arm({ atStep: again, when }, () => cluster.crash(k, random));
              await Promise.race([cluster.boot(k), sleep(50)]);
              cluster.crash(k, random);
            }
            await cluster.boot(k);
          }
          await cluster.reach(cluster.height + 1);
          assertUnharmed(JSON.stringify({ nodes, atStep, when, power, again }));
        }
        await cluster.settle();
      }),
      { numRuns: 6, endOnFailure: true },
    );
  });

  it('L06 all die when all have sent a Prepare and lost what was in their pools: that block is decided', async () => {
    for (let height = 1; height <= 2; height++) {
      cluster.submit();
      await cluster.settle();
    }
    const height = cluster.height + 1;
    const prepared = new Map<number, string>();
    cluster.carry = (from, message) => {
      if (message.kind !== 'prepare' || message.prepare.body.height !== height) return true;
      prepared.set(from, message.prepare.body.blockHash);
      return false; // nobody hears of it, so nobody is prepared or decides
    };
    // Only the proposer has the transaction in its pool; the others have it from its proposal.
    const transaction = cluster.submit([cluster.nextProposer]);
    await waitFor('all have sent a Prepare', () => prepared.size === 4);
    const [hash] = new Set(prepared.values());
    for (const k of cluster.machines.keys()) cluster.crash(k);
    cluster.carry = () => true;
    for (const k of cluster.machines.keys()) await cluster.boot(k, { pool: 'lost' });
    await waitFor('the block is decided everywhere', () =>
      cluster.up.every((k) => cluster.node(k).chain.head.height >= height),
    );
    for (const k of cluster.up) {
      assert.equal(cluster.node(k).store.hashAt(height), hash);
      assert.equal(cluster.node(k).store.findTransaction(transaction.id)?.height, height);
    }
    assertUnharmed('after the crash of all');
  });
});
