import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TestnetDirectory, type TestnetNode } from '../../testnet/directory.ts';
import { type Manifest, nodeNames, parseManifest } from '../../testnet/manifest.ts';
import { connectNode, type NodeRpc } from '../../testnet/rpc.ts';
import { setup } from '../../testnet/stages/setup.ts';
import { launch, meet } from '../../testnet/stages/start.ts';
import { waitForHeight } from '../../testnet/stages/wait.ts';
import { Supervisor } from '../../testnet/supervisor.ts';
import type { BenchContext } from './context.ts';
import { sampleUsage, type UsageSample } from './process-usage.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/metanode.js', import.meta.url));
const SEED = 'bench';
const HEIGHT_TIMEOUT_MS = 120_000;

export interface NetSettings {
  readonly validators: number;
  readonly observers?: number;
  readonly senders?: number;
  readonly blockTimeMs?: number;
  readonly emptyBlocksMs?: number;
}

/** Milliseconds from the start of the first process. */
export interface BootTimes {
  readonly bootMs: number;
  readonly connectedMs: number;
}

/** Real nodes of the built command line, in a directory of their own that goes away with them. */
export class BenchNet {
  readonly supervisor: Supervisor;
  readonly manifest: Manifest;

  private constructor(supervisor: Supervisor, manifest: Manifest) {
    this.supervisor = supervisor;
    this.manifest = manifest;
  }

  /** Makes the files of a net; nothing runs yet. It is stopped and removed with what else `context` releases. */
  static async create(context: BenchContext, settings: NetSettings): Promise<BenchNet> {
    const root = await mkdtemp(join(context.directory ?? tmpdir(), 'metanode-bench-'));
    context.onRelease(() => rm(root, { recursive: true, force: true }));
    const directory = new TestnetDirectory(root);
    const manifest = parseManifest({
      name: 'bench',
      seed: SEED,
      portBase: context.portBase,
      ...settings,
    });
    await setup(directory, manifest);
    const supervisor = await Supervisor.open(directory, [PROGRAM]);
    context.onRelease(() => supervisor.stopAll());
    return new BenchNet(supervisor, manifest);
  }

  /**
   * Starts all nodes and waits until they have met. Returns how long it took until every one of them had the first block,
   * which does not wait for all connections, and until each was connected with all others.
   */
  async boot(): Promise<BootTimes> {
    const beginMs = performance.now();
    const names = nodeNames(this.manifest);
    await launch(this.supervisor, names, this.manifest);
    await waitForHeight(this.supervisor, 1, HEIGHT_TIMEOUT_MS);
    const bootMs = performance.now() - beginMs;
    await meet(this.supervisor, names);
    return { bootMs, connectedMs: performance.now() - beginMs };
  }

  get nodes(): readonly TestnetNode[] {
    return this.supervisor.nodes;
  }

  get validators(): readonly TestnetNode[] {
    return this.nodes.filter(({ validator }) => validator !== null);
  }

  /** The node whose blocks are looked at. */
  get first(): NodeRpc {
    return connectNode(this.nodes[0] as TestnetNode);
  }

  get pids(): number[] {
    return this.supervisor.running.flatMap(({ pid }) => (pid === null ? [] : [pid]));
  }

  usage(): UsageSample {
    return sampleUsage(this.pids);
  }

  async height(): Promise<number> {
    return (await this.first.call('chain_getFinalizedHead')).height;
  }

  get seed(): string {
    return this.manifest.seed;
  }
}
