import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '../../src/client/client.ts';
import { LIMITS } from '../../src/util/limits.ts';
import { processStart } from '../../testnet/process.ts';
import { runCli, spawnCli } from './cli.ts';
import { freePortBase } from './ports.ts';
import { runInProcess } from './program.ts';
import { WAIT_MS, waitFor } from './wait-for.ts';

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
const BOOT_TIMEOUT = '240s';
/** The nodes of the first are processes of the program that they themselves are; the last two take their time. */
const OWN_PROCESS: readonly string[] = ['up', 'resume', 'add-node', 'run', 'chaos', 'load', 'check'];

/** A testnet of real processes, driven as its user drives it: by the command line and the RPC. */
export class TestnetUnderTest {
  /** A folder of the test's own; the testnet's is inside. */
  readonly root: string;
  readonly directory: string;
  readonly #spawned: ReturnType<typeof spawnCli>[] = [];

  private constructor(root: string) {
    this.root = root;
    this.directory = join(root, 'net');
  }

  static async create(name: string): Promise<TestnetUnderTest> {
    return new TestnetUnderTest(await mkdtemp(join(tmpdir(), `metanode-${name}-`)));
  }

  /** Ends all processes of the testnet and those that were started beside it, and removes its files. */
  async destroy(): Promise<void> {
    // A test that failed in between has not ended what it had started.
    for (const { child } of this.#spawned) child.kill('SIGKILL');
    await this.run('testnet', 'down');
    await rm(this.root, { recursive: true, force: true });
  }

  /** Boots it, on ports of its own, to run in the background. */
  async up(...options: string[]): Promise<void> {
    const ports = ['--port-base', String(await freePortBase())];
    await this.succeed('testnet', 'up', ...options, ...ports, '--detach', '--timeout', BOOT_TIMEOUT);
  }

  /** Runs a command to its end; in a process of its own only where it needs one, because that costs half a second. */
  async run(...args: string[]) {
    const line = [...args, '--data-dir', this.directory];
    const isApart = args[0] === 'testnet' && OWN_PROCESS.includes(args[1] as string);
    return isApart ? await runCli(line) : await runInProcess(line);
  }

  /** Runs a command that must succeed, and returns what it printed. */
  async succeed(...args: string[]): Promise<string> {
    const result = await this.run(...args);
    assert.equal(result.code, 0, `${args.join(' ')}: ${result.stderr}${result.stdout}`);
    return result.stdout;
  }

  /** Starts a command that goes on beside the test. */
  spawn(...args: string[]) {
    const spawned = spawnCli([...args, '--data-dir', this.directory]);
    this.#spawned.push(spawned);
    return spawned;
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

  async waitForHeight(node: NodeEntry, height: number, timeoutMs = 2 * WAIT_MS): Promise<void> {
    for (let waited = 0; waited < timeoutMs; waited += POLL_MS, await sleep(POLL_MS))
      if ((await this.heightOf(node).catch(() => 0)) >= height) return;
    assert.fail(`${node.name} did not reach height ${height}`);
  }

  /**
   * The greatest height of a testnet that has just lost its quorum, asserted to be where it stands for `ms`: votes that
   * had arrived before may still decide the height that they are for, at any moment, but none above it.
   */
  async heightOfHalt(ms: number): Promise<number> {
    const greatest = async () => {
      const running = (await this.nodes()).filter(({ pid }) => pid !== null);
      return Math.max(...(await Promise.all(running.map((node) => this.heightOf(node)))));
    };
    const before = await greatest();
    await sleep(ms);
    const after = await greatest();
    assert.ok(after <= before + 1, `height ${after} without a quorum, ${before} when it was lost`);
    return after;
  }

  /** Asserts that a halted chain comes to be laid, by this node, to exactly the nodes that are down. */
  async assertNamesTheDead(node: NodeEntry): Promise<void> {
    const down = (await this.nodes()).filter(({ pid }) => pid === null).map(({ validator }) => validator);
    assert.ok(down.length > 0);
    const names = async () => {
      const { ok, missing } = await createClient(node.rpc).call('ibft_diagnose');
      const named = missing.map(({ validator }) => validator);
      return !ok && named.length === down.length && down.every((one) => one !== null && named.includes(one));
    };
    await waitFor(`${node.name} names the ${down.length} that are down`, names, 120_000);
  }

  /** What a node has at each of the heights up to `last`: block hashes, and the headers with the roots of state and ledgers. */
  async headersUpTo({ rpc }: NodeEntry, last: number): Promise<unknown[]> {
    const first = Math.max(1, last - LIMITS.maxRpcBatch + 1);
    const heights = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    const asked = heights.map((height) => ({ method: 'chain_getHeader' as const, params: { height } }));
    const outcomes = await createClient(rpc).batch(asked);
    return outcomes.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
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
