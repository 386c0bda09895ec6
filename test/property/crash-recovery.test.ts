import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { fieldsOf } from '../../src/consensus/message-fields.ts';
import { Random } from '../../src/sim/random.ts';
import { FragileCluster } from '../support/fragile-cluster.ts';
import type { DiskStep, FailPoint } from '../support/fragile-machine.ts';
import { useTemporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

/** A height takes this many steps of the disk at most: three votes, the pool, the block, a rewritten journal. */
const STEPS_OF_A_HEIGHT = 14;

describe('Property: crashes on the way of a commit', function () {
  this.timeout(240_000);
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

  /** Lets one of the nodes die at a step of its disk while the chain goes on, and come back. */
  async function dieAndReturn(
    failPoint: FailPoint,
    random: Random,
    power: 'power' | 'no power',
  ): Promise<void> {
    const k = random.between(0, 3);
    const deaths: DiskStep[] = [];
    cluster.machines[k]?.arm(failPoint, (step) => {
      cluster.crash(k, power === 'power' ? undefined : random);
      deaths.push(step);
    });
    await waitFor(`v${k} dies at ${JSON.stringify(failPoint)}`, () => {
      cluster.work();
      return deaths.length > 0;
    });
    await cluster.boot(k);
    await cluster.reach(cluster.height + 1);
    assertUnharmed(`v${k} with ${power} left, ${failPoint.when} ${deaths[0]}`);
  }

  it('L01 L12 each kind of step of journal and store is the last one of a process or a machine, and nothing is contradicted', async () => {
    const random = new Random(1);
    await cluster.reach(1);
    for (const kind of ['batch', 'create', 'rename', 'sync', 'sync directory', 'write'] as const)
      for (const when of ['before', 'after'] as const)
        for (const power of ['power', 'no power'] as const)
          await dieAndReturn({ atStep: 1, kind, when }, random, power);
  });

  it('L01 L12 any step of a height is the last one of a machine, and nothing is contradicted', async () => {
    const random = new Random(2);
    await cluster.reach(1);
    for (let atStep = 1; atStep <= STEPS_OF_A_HEIGHT; atStep++)
      for (const when of ['before', 'after'] as const)
        await dieAndReturn({ atStep, when }, random, 'no power');
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

  it('L06 H10 all die when three of four are prepared, and the proposer stays away: the certificate of two finds that block', async () => {
    for (let height = 1; height <= 2; height++) {
      cluster.submit();
      await cluster.settle();
    }
    const height = cluster.height + 1;
    const proposer = cluster.nextProposer;
    const unaware = (proposer + 3) % 4;
    const committed = new Map<number, string>();
    cluster.carry = (from, message, to) => {
      if (fieldsOf(message).height !== height) return true;
      if (message.kind === 'commit') committed.set(from, message.commit.body.blockHash);
      return message.kind !== 'commit' && to !== unaware;
    };
    const transaction = cluster.submit([proposer]);
    await waitFor('three have journalled their Commit', () => committed.size === 3);
    const [hash] = new Set(committed.values());
    for (const k of cluster.machines.keys()) cluster.crash(k);
    cluster.carry = () => true;
    // Nobody sends the proposal again, so the two can only ask for another round, and show what they have prepared.
    for (const k of cluster.machines.keys()) if (k !== proposer) await cluster.boot(k, { pool: 'lost' });
    const haveDecided = () => cluster.up.every((k) => cluster.node(k).chain.head.height >= height);
    await waitFor('the block is decided by the three', haveDecided);
    await cluster.boot(proposer, { pool: 'lost' });
    await waitFor('the block is decided everywhere', haveDecided);
    for (const k of cluster.up) {
      assert.equal(cluster.node(k).store.hashAt(height), hash);
      assert.equal(cluster.node(k).store.findTransaction(transaction.id)?.height, height);
    }
    assertUnharmed('after the crash of all');
  });
});
