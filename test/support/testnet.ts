import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '../../src/client/client.ts';
import { processStart } from '../../testnet/process.ts';
import { runCli, spawnCli } from './cli.ts';

/** A node as testnet.json describes it. */
export interface NodeEntry {
  readonly name: string;
  readonly peerId: string;
  readonly validator: string | null;
  readonly p2p: string;
  readonly rpc: string;
  readonly pid: number | null;
}

const POLL_MS = 100;

/** A testnet of real processes, driven as its user drives it: by the command line and the RPC. */
export class TestnetUnderTest {
  /** A folder of the test's own; the testnet's is inside. */
  readonly root: string;
  readonly directory: string;

  private constructor(root: string) {
    this.root = root;
    this.directory = join(root, 'net');
  }

  static async create(name: string): Promise<TestnetUnderTest> {
    return new TestnetUnderTest(await mkdtemp(join(tmpdir(), `metanode-${name}-`)));
  }

  /** Ends all processes of the testnet and removes its files. */
  async destroy(): Promise<void> {
    await this.run('testnet', 'down');
    await rm(this.root, { recursive: true, force: true });
  }

  async run(...args: string[]) {
    return await runCli([...args, '--data-dir', this.directory]);
  }

  /** Runs a command that must succeed, and returns what it printed. */
  async succeed(...args: string[]): Promise<string> {
    const result = await this.run(...args);
    assert.equal(result.code, 0, `${args.join(' ')}: ${result.stderr}${result.stdout}`);
    return result.stdout;
  }

  /** Starts a command that goes on beside the test. */
  spawn(...args: string[]) {
    return spawnCli([...args, '--data-dir', this.directory]);
  }

  async nodes(): Promise<readonly NodeEntry[]> {
    return JSON.parse(await readFile(join(this.directory, 'testnet.json'), 'utf8')).nodes;
  }

  async first(): Promise<NodeEntry> {
    return (await this.nodes())[0] as NodeEntry;
  }

  async heightOf({ rpc }: NodeEntry): Promise<number> {
    return (await createClient(rpc).call('chain_getFinalizedHead')).height;
  }

  async waitForHeight(node: NodeEntry, height: number, timeoutMs = 180_000): Promise<void> {
    for (let waited = 0; waited < timeoutMs; waited += POLL_MS, await sleep(POLL_MS))
      if ((await this.heightOf(node).catch(() => 0)) >= height) return;
    assert.fail(`${node.name} did not reach height ${height}`);
  }

  /** Ids of the transactions that have a receipt in one of the last `count` blocks of a node. */
  async recentTransactions(node: NodeEntry, count: number): Promise<string[]> {
    const client = createClient(node.rpc);
    const head = await this.heightOf(node);
    const ids: string[] = [];
    for (let height = Math.max(1, head - count + 1); height <= head; height++)
      ids.push(...(await client.call('chain_getReceipts', { height })).items.map(({ txId }) => txId));
    return ids;
  }
}

/** Those of the processes that run. One that has ended counts as gone even before its parent has looked. */
export async function runningOf(pids: readonly number[]): Promise<number[]> {
  const starts = await Promise.all(pids.map(processStart));
  return pids.filter((_, index) => starts[index] !== undefined);
}
