import assert from 'node:assert/strict';
import { MinedBlocks } from '../support/mined-blocks.ts';
import { TestnetUnderTest } from '../support/testnet.ts';

const LOAD = ['testnet', 'load', '--rate', '8', '--no-validator-changes', '--json'];
/** Blocks under load on which shares of ranks are counted. */
const BLOCKS = 8;

describe('Miners of a testnet of four', function () {
  this.timeout(240_000);
  let testnet: TestnetUnderTest;

  before(async () => {
    testnet = await TestnetUnderTest.create('miners');
    const up = ['testnet', 'up', '--validators', '4', '--port-base', '8000', '--detach', '--no-load'];
    await testnet.succeed(...up, '--wait-blocks', '1', '--timeout', '90s');
  });

  after(async () => {
    await testnet.destroy();
  });

  it('are mostly of rank 0, and of rank 1 where a killed one was elected, and the chain goes on', async () => {
    const load = testnet.spawn(...LOAD, '--seconds', '30');
    const one = await testnet.first();
    const start = (await testnet.heightOf(one)) + 1;
    await testnet.waitForHeight(one, start + BLOCKS);
    const alive = await MinedBlocks.read(one, start, start + BLOCKS);
    assert.ok(alive.sections.length >= BLOCKS, `${alive.sections.length} sections`);
    assert.ok(alive.shareOfRank(0) > 0.5, `share of rank 0: ${alive.shareOfRank(0)}`);
    const ledgers = new Set(alive.sections.map(({ ledger }) => ledger));
    assert.equal(ledgers.size, 5, [...ledgers].join());

    const dead = (await testnet.nodes())[3] ?? assert.fail('there is no fourth node');
    await testnet.succeed('testnet', 'kill', dead.name);
    // What it sent before its death may still come into the next blocks.
    const from = (await testnet.heightOf(one)) + 3;
    await testnet.waitForHeight(one, from + BLOCKS);
    const orphaned = await MinedBlocks.read(one, from, from + BLOCKS);
    assert.ok(orphaned.sections.every(({ miner }) => miner !== dead.validator));
    assert.ok(orphaned.shareOfRank(1) > 0, 'rank 1 stepped in');
    assert.ok(orphaned.sections.length >= BLOCKS / 2, `${orphaned.sections.length} sections`);
    load.child.kill('SIGTERM');
    await load.result;
  });
});
