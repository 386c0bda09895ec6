import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { dataDirPaths } from '../../src/storage/data-dir.ts';
import { POOLED_RANGE } from '../../src/storage/keys.ts';
import { LevelStore } from '../../src/storage/level-store.ts';
import { toHex } from '../../src/util/bytes.ts';
import { Cluster } from '../support/cluster.ts';
import type { PreparedNotice } from '../support/prepared-validators.ts';
import { waitFor } from '../support/wait-for.ts';

const PREPARED_VALIDATORS = fileURLToPath(new URL('../support/prepared-validators.ts', import.meta.url));
const NODES = [0, 1, 2, 3];
/** The process compiles the whole node before it starts. */
const START_MS = 300_000;

/** The node that took the transaction keeps it on its disk; the block is to come from the journals alone. */
async function forgetPool(dataDir: string): Promise<void> {
  const store = await LevelStore.open(dataDirPaths(dataDir).database);
  const pooled: Uint8Array[] = [];
  for await (const page of store.pages(POOLED_RANGE)) pooled.push(...page.map(({ key }) => key));
  assert.equal(pooled.length, 1);
  await store.batch(
    pooled.map((key) => ({ type: 'del', key })),
    { sync: true },
  );
  await store.close();
}

describe('Four validators that are killed when all are prepared and nobody has committed', function () {
  this.timeout(600_000);
  const directory = mkdtempSync(join(tmpdir(), 'metanode-prepared-'));
  let cluster: Cluster;
  let validators: ChildProcess;
  const notices: PreparedNotice[] = [];

  before(async () => {
    // A round that times out on a busy machine would only make the test longer.
    const options = { baseTimeoutMs: 8_000 };
    cluster = await Cluster.create({ directory, validators: NODES.length, options });
    const input = JSON.stringify(NODES.map((k) => cluster.optionsOf(k)));
    const args = ['--import', 'tsx', PREPARED_VALIDATORS, input];
    validators = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface({ input: validators.stdout as NonNullable<ChildProcess['stdout']> }).on('line', (line) =>
      notices.push(JSON.parse(line) as PreparedNotice),
    );
  });
  after(async () => {
    validators.kill('SIGKILL');
    await cluster.stopAll();
    rmSync(directory, { recursive: true, force: true });
  });

  it('L06 H10 decide the block that their journals hold, with the transaction in it', async () => {
    const haveBlocks = () =>
      Promise.all(NODES.map((k) => cluster.height(k))).then(
        (heights) => heights.every((height) => height >= 2),
        () => false, // not all of them listen
      );
    await waitFor('all have two blocks', haveBlocks, START_MS);
    const transaction = cluster.transaction(0n);
    await cluster.client(0).call('tx_send', { transaction: `0x${toHex(transaction.bytes)}` });
    await waitFor('all have journalled their Commit', () => notices.length === NODES.length);
    const [prepared] = notices as [PreparedNotice];
    assert.deepEqual(
      notices,
      NODES.map(() => prepared),
    );
    const height = await cluster.height(0);
    assert.equal(height, prepared.height - 1);

    const killed = new Promise((resolve) => validators.once('close', (_code, signal) => resolve(signal)));
    validators.kill('SIGKILL');
    assert.equal(await killed, 'SIGKILL');
    await forgetPool(cluster.directoryOf(0));

    await cluster.startAll();
    await cluster.waitForHeight(prepared.height + 1);
    for (const k of NODES) {
      assert.equal(await cluster.blockHash(k, prepared.height), `0x${prepared.blockHash}`);
      const receipt = await cluster.client(k).call('tx_getReceipt', { txId: `0x${transaction.id}` });
      assert.equal(receipt?.height, prepared.height);
    }
  });
});
