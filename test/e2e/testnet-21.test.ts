import assert from 'node:assert/strict';
import { createClient } from '../../src/client/client.ts';
import { LEDGERS } from '../../src/types/names.ts';
import { MinedBlocks } from '../support/mined-blocks.ts';
import { TestnetUnderTest } from '../support/testnet.ts';

/** A halted chain under load is watched for several block intervals. */
const HALT_MS = 4_000;
/** Blocks that the chain must gain to count as going on. */
const PROGRESS = 2;
/** Into so many blocks may still come what a validator had sent before it died. */
const SETTLED = 3;

const LIGHT_LOAD = ['testnet', 'load', '--rate', '5', '--no-validator-changes', '--json'];

describe('a testnet of 21 validators', () => {
  let testnet: TestnetUnderTest;

  before(async () => {
    testnet = await TestnetUnderTest.create('twenty-one');
    await testnet.up('--validators', '21', '--no-load', '--wait-blocks', '1');
  });

  after(async () => {
    await testnet.destroy();
  });

  /** Every node has the receipts of these transactions. */
  async function assertKept(txIds: readonly string[]): Promise<void> {
    for (const { rpc, name } of await testnet.nodes()) {
      const asked = txIds.map((txId) => ({ method: 'tx_getReceipt' as const, params: { txId } }));
      for (const [k, outcome] of (await createClient(rpc).batch(asked)).entries())
        assert.equal(outcome.status, 'fulfilled', `${name} lost ${txIds[k]}`);
    }
  }

  /** Every node has these headers up to a height, and blocks above it. */
  async function assertGoesOn(height: number, headers: readonly unknown[]): Promise<void> {
    for (const node of await testnet.nodes()) {
      await testnet.waitForHeight(node, height + PROGRESS);
      assert.deepEqual(await testnet.headersUpTo(node, height), headers, node.name);
    }
  }

  /** What v15 to v21, which were killed, would have mined was mined by others, and no block was lost for it. */
  async function assertOthersMined(first: number, last: number): Promise<void> {
    const nodes = await testnet.nodes();
    const dead = new Set(nodes.slice(14).map(({ validator }) => validator));
    const { sections } = await MinedBlocks.read(await testnet.first(), first, last);
    assert.ok(sections.every(({ miner }) => !dead.has(miner)));
  }

  it('agrees on every block under a load of every operation, and the second checker agrees with it', async () => {
    const load = ['testnet', 'load', '--rate', '20', '--seconds', '25', '--json'];
    const one = await testnet.first();
    const before = await testnet.heightOf(one);
    const report = JSON.parse(await testnet.succeed(...load));
    const mined = await MinedBlocks.read(one, before + 1, await testnet.heightOf(one));
    for (const sections of mined.blocks) {
      const miners = sections.filter(({ rank }) => rank === 0).map(({ miner }) => miner);
      assert.equal(new Set(miners).size, miners.length, `height ${sections[0]?.height}`);
    }
    // How many they are depends on the machine.
    assert.ok(mined.sections.some(({ rank }) => rank === 0));
    assert.equal(new Set(mined.sections.map(({ ledger }) => ledger)).size, LEDGERS.length);
    assert.equal(report.lost + report.repeated + report.unexpected + report.refused, 0);
    assert.ok(report.failedShare >= 0.05);
    const check = JSON.parse(await testnet.succeed('testnet', 'check', '--coverage', '--json'));
    assert.equal(check.invariants.nodes, 21);
    assert.ok(check.secondChecker.transactions >= report.final);
  });

  describe('whose validators go down', () => {
    /** The height at which the chain stood without a quorum, and transactions that had a receipt by then. */
    let halted: number;
    let receipted: readonly string[];

    it('goes on under load with 7 of 21 killed, halts without a fork with 8, and says which', async () => {
      const load = testnet.spawn(...LIGHT_LOAD, '--seconds', '30');
      const one = await testnet.first();
      await testnet.waitForHeight(one, (await testnet.heightOf(one)) + PROGRESS);
      await testnet.succeed('testnet', 'kill', 'v15..v21');
      const killedAt = await testnet.heightOf(one);
      await testnet.waitForHeight(one, killedAt + SETTLED + PROGRESS);
      await assertOthersMined(killedAt + SETTLED, killedAt + SETTLED + PROGRESS);

      await testnet.succeed('testnet', 'kill', 'v14');
      halted = await testnet.heightOfHalt(HALT_MS);
      await testnet.assertNamesTheDead(one);
      receipted = await testnet.recentTransactions(one, 10);
      assert.ok(receipted.length > 0);
      load.child.kill('SIGTERM');
      await load.result;
    });

    it('goes on from the height of the halt with all 21 back, those killed and those stopped in order', async () => {
      const one = await testnet.first();
      await testnet.waitForHeight(one, halted);
      const headers = await testnet.headersUpTo(one, halted);
      await testnet.succeed('testnet', 'stop', 'v11..v13');
      await testnet.succeed('testnet', 'resume');
      await assertGoesOn(halted, headers);
      await assertKept(receipted);
    });

    it('goes on after all 21 were killed at once under load, with every receipt that it had', async () => {
      const load = testnet.spawn(...LIGHT_LOAD, '--seconds', '15');
      const one = await testnet.first();
      await testnet.waitForHeight(one, (await testnet.heightOf(one)) + 2 * PROGRESS);
      receipted = await testnet.recentTransactions(one, 10);
      assert.ok(receipted.length > 0);
      const before = await testnet.heightOf(one);
      const headers = await testnet.headersUpTo(one, before);
      await testnet.succeed('testnet', 'kill', 'all');
      await testnet.succeed('testnet', 'resume');
      await assertGoesOn(before, headers);
      load.child.kill('SIGTERM');
      await load.result;
      await assertKept(receipted);
      await testnet.succeed('testnet', 'check');
    });
  });
});
