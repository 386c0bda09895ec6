import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataDirPaths } from '../../src/storage/data-dir.ts';
import { addressToText } from '../../src/types/address.ts';
import { createTestnetGenesis } from '../../testnet/genesis.ts';
import { Cluster } from '../support/cluster.ts';
import { runInProcess } from '../support/program.ts';
import { waitFor } from '../support/wait-for.ts';

const SEED = 'billing commands';
const INTERVALS = { blockTimeMs: 200, emptyBlocksMs: 250 };
/** Windows of a testnet last a minute; these are shorter, so that one ends within the test. */
const WINDOW_MS = 3_000;

/** A bill as `economy bill --json` prints it. */
interface Bill {
  readonly window: number;
  readonly closed: boolean;
  readonly commitment: { readonly height: number } | null;
  readonly items: readonly { readonly line: { readonly amount: string }; readonly txId: string }[];
  readonly sums: readonly { readonly class: string; readonly token: string; readonly amount: string }[];
}

/** One validator, and a customer who pays, asks for the bill, and checks it without a node. */
describe('metanode economy bill', function () {
  this.timeout(600_000);
  let directory: string;
  let cluster: Cluster;
  let customer: string;
  let bill: Bill;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'metanode-billing-'));
    const genesis = createTestnetGenesis({
      seed: SEED,
      validators: 1,
      chainId: 4242,
      timeMs: Date.now() - 1_000,
      ...INTERVALS,
    });
    cluster = await Cluster.create({
      directory,
      seed: SEED,
      validators: 1,
      genesis: { ...genesis, parameters: { ...genesis.parameters, billingWindowMs: WINDOW_MS } },
      ...INTERVALS,
    });
    await cluster.startAll();
    customer = addressToText(cluster.alice.address);
    const seed = Buffer.from(cluster.alice.keys.seed).toString('hex');
    const imported = await runInProcess(
      ['keys', 'import', 'alice', '--insecure-keys', '--data-dir', directory],
      {},
      seed,
    );
    assert.equal(imported.code, 0, imported.stderr);
    await cluster.waitForHeight(1);
  });

  after(async () => {
    await cluster?.stopAll();
    await rm(directory, { recursive: true, force: true });
  });

  async function economy(...args: string[]) {
    const common = ['--rpc', cluster.client(0).url, '--data-dir', directory, '--json'];
    const { code, stdout, stderr } = await runInProcess(['economy', ...args, ...common]);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  }
  const billFile = () => join(directory, 'bill.json');
  const verify = async (file: string) =>
    await runInProcess(['verify', file, '--genesis', dataDirPaths(cluster.directoryOf(0)).genesis, '--json']);

  it('shows each charge of a window that has ended, and what they come to', async () => {
    const to = addressToText(cluster.bob.address);
    const paid = await economy('transfer', to, '1.5', '--from', 'alice', '--insecure-keys');
    const { height } = paid as { height: number };
    bill = await waitFor('the window of the payment ends', async () => {
      const { window } = (await economy('bill', customer)) as Bill;
      for (let number = window - 1; number >= 0; number--) {
        const closed = (await economy('bill', customer, '--window', String(number))) as Bill;
        if (closed.items.length > 0) return closed;
      }
      return undefined;
    });
    assert.ok(bill.closed && (bill.commitment?.height ?? 0) > height);
    assert.deepEqual(
      bill.items.map(({ txId }) => txId),
      [(paid as { txId: string }).txId],
    );
    const [charge] = (paid as { charges: { token: string; amount: string }[] }).charges;
    assert.deepEqual(bill.sums, [{ class: 'transaction', ...charge }]);
  });

  it('writes a bill that its payer checks with the genesis file, after the node is gone', async () => {
    await economy('bill', customer, '--window', String(bill.window), '--out', billFile());
    await cluster.stopAll();
    const { code, stdout, stderr } = await verify(billFile());
    assert.equal(code, 0, stderr);
    const verified = JSON.parse(stdout);
    assert.deepEqual(
      { payer: verified.payer, window: verified.window, lines: verified.lines, sums: verified.sums },
      { payer: customer, window: bill.window, lines: 1, sums: bill.sums },
    );
  });

  it('writes one in which no amount can be changed', async () => {
    const text = await readFile(billFile(), 'utf8');
    const amount = `"amount": "${bill.items[0]?.line.amount}"`;
    for (const [file, from, check] of [
      ['line.json', text.lastIndexOf(amount), 'LINE_PATH'],
      ['total.json', text.indexOf(amount), 'COMMITMENT'],
    ] as const) {
      assert.ok(from > 0);
      const path = join(directory, file);
      await writeFile(path, `${text.slice(0, from)}"amount": "1"${text.slice(from + amount.length)}`);
      const { code, stdout } = await verify(path);
      assert.equal(code, 1);
      assert.equal(JSON.parse(stdout).check, check);
    }
  });
});
