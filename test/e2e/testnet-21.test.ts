import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '../../src/client/client.ts';
import { MinedBlocks } from '../support/mined-blocks.ts';
import { TestnetUnderTest } from '../support/testnet.ts';

/** A halted chain under load is watched for several block intervals. */
const HALT_MS = 6_000;
/** Blocks that the chain must gain to count as going on. */
const PROGRESS = 3;

const LIGHT_LOAD = ['testnet', 'load', '--rate', '5', '--no-validator-changes', '--json'];

describe('a testnet of 21 validators', function () {
  this.timeout(600_000);
  let testnet: TestnetUnderTest;

  before(async () => {
    testnet = await TestnetUnderTest.create('twenty-one');
    const up = ['testnet', 'up', '--validators', '21', '--port-base', '14000', '--detach', '--no-load'];
    await testnet.succeed(...up, '--wait-blocks', '1', '--timeout', '180s');
  });

  after(async () => {
    await testnet.destroy();
  });

  /** Every node has the receipts of these transactions. */
  async function assertKept(txIds: readonly string[]): Promise<void> {
    for (const { rpc, name } of await testnet.nodes())
      for (const txId of txIds) {
        const receipt = await createClient(rpc).call('tx_getReceipt', { txId });
        assert.equal(receipt.txId, txId, `${name} lost ${txId}`);
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
    const load = ['testnet', 'load', '--rate', '25', '--seconds', '30', '--json'];
    const one = await testnet.first();
    const before = await testnet.heightOf(one);
    const report = JSON.parse(await testnet.succeed(...load));
    const mined = await MinedBlocks.read(one, before + 1, await testnet.heightOf(one));
    assert.ok(mined.fullOfRank0.length > 0, 'some blocks are full');
    for (const sections of mined.fullOfRank0)
      assert.equal(new Set(sections.map(({ miner }) => miner)).size, 5, `height ${sections[0]?.height}`);
    // On a machine that has nothing else to do it is nearly all of them.
    assert.ok(mined.shareOfRank(0) > 0.5, `${mined.shareOfRank(0)} of the sections are of rank 0`);
    assert.equal(report.lost + report.repeated + report.unexpected + report.refused, 0);
    assert.ok(report.failedShare >= 0.05);
    const check = JSON.parse(await testnet.succeed('testnet', 'check', '--coverage', '--json'));
    assert.equal(check.invariants.nodes, 21);
    assert.ok(check.secondChecker.transactions >= report.final);
  });

  it('goes on under load with 7 of 21 killed, halts without a fork with 8, and goes on when they are back', async () => {
    const load = testnet.spawn(...LIGHT_LOAD, '--seconds', '40');
    const one = await testnet.first();
    await testnet.waitForHeight(one, (await testnet.heightOf(one)) + PROGRESS);
    await testnet.succeed('testnet', 'kill', 'v15..v21');
    const killedAt = await testnet.heightOf(one);
    await testnet.waitForHeight(one, killedAt + 2 * PROGRESS);
    await assertOthersMined(killedAt + PROGRESS, killedAt + 2 * PROGRESS);

    await testnet.succeed('testnet', 'kill', 'v14');
    await sleep(HALT_MS / 2);
    const halted = await testnet.heightOf(one);
    const receipted = await testnet.recentTransactions(one, 10);
    assert.ok(receipted.length > 0);
    await sleep(HALT_MS);
    assert.equal(await testnet.heightOf(one), halted);

    await testnet.succeed('testnet', 'resume');
    for (const node of await testnet.nodes()) await testnet.waitForHeight(node, halted + PROGRESS);
    await load.result;
    await assertKept(receipted);
    await testnet.succeed('testnet', 'check');
  });

  it('goes on after all 21 were killed at once under load, with every receipt that it had', async () => {
    const load = testnet.spawn(...LIGHT_LOAD, '--seconds', '15');
    const one = await testnet.first();
    await testnet.waitForHeight(one, (await testnet.heightOf(one)) + 2 * PROGRESS);
    const receipted = await testnet.recentTransactions(one, 10);
    assert.ok(receipted.length > 0);
    const before = await testnet.heightOf(one);
    await testnet.succeed('testnet', 'kill', 'all');
    await testnet.succeed('testnet', 'resume');
    for (const node of await testnet.nodes()) await testnet.waitForHeight(node, before + PROGRESS);
    load.child.kill('SIGTERM');
    await load.result;
    await assertKept(receipted);
    await testnet.succeed('testnet', 'check');
  });
});
