import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { CliContext } from '../../src/cli/context.ts';
import { quorum } from '../../src/types/quorum.ts';
import { NodeError } from '../../src/util/errors.ts';
import { VERSION } from '../../src/util/version.ts';
import { loadContinuable } from '../continuation.ts';
import { TestnetDirectory, type TestnetErrorCode } from '../directory.ts';
import { readJsonFile } from '../json-file.ts';
import { type Manifest, parseManifest } from '../manifest.ts';
import { connectNode } from '../rpc.ts';
import { BACKGROUND_LANE, load } from '../stages/load.ts';
import { setup } from '../stages/setup.ts';
import { launch, meet } from '../stages/start.ts';
import { stop } from '../stages/stop.ts';
import { waitForHeight } from '../stages/wait.ts';
import type { Supervisor } from '../supervisor.ts';
import { interruption, listenForInterrupt } from './interrupt.ts';
import { assertNotRunning, supervisorOf } from './supervisor-of.ts';

export interface UpOptions {
  validators?: number;
  observers?: number;
  portBase?: number;
  blockTime?: number;
  emptyBlocks?: number;
  seed?: string;
  manifest?: string;
  detach?: boolean;
  waitBlocks?: number;
  timeout: number;
  loadRate: number;
  load: boolean;
  mining: boolean;
  recordSent?: boolean;
  fresh?: boolean;
}

/** The first block is worth showing even if nobody asked for more. */
const FIRST_HEIGHT = 1;
/** Length of one plan of the load that accompanies the testnet. */
const LOAD_SECONDS = 120;

/**
 * `metanode testnet up`: starts all nodes and, unless it is to return, keeps them under a light load until Ctrl-C.
 * Whatever goes wrong before the nodes are left alone ends them all.
 */
export async function up(context: CliContext, path: string, name: string, options: UpOptions): Promise<void> {
  const { output } = context;
  const directory = new TestnetDirectory(path);
  const interrupt = listenForInterrupt();
  output.note(`Metanode ${VERSION} · Node ${process.versions.node} · testnet "${name}" · data ${path}`);
  const manifest = await prepare(context, directory, name, options);
  const supervisor = await supervisorOf(directory);
  let leaveRunning = false;
  try {
    const session = new Session(context, supervisor, manifest, options, interrupt.signal);
    const outcome = await Promise.race([session.run(), interruption(interrupt.signal)]);
    leaveRunning = outcome === 'up' && options.detach === true;
  } finally {
    if (!leaveRunning) {
      output.note('stopping all nodes');
      output.progress('stopping all nodes');
      await stop(supervisor);
    }
    interrupt.release();
  }
}

/** The manifest of the testnet: that on disk if there is one and it fits, otherwise a new one, set up. */
async function prepare(
  context: CliContext,
  directory: TestnetDirectory,
  name: string,
  options: UpOptions,
): Promise<Manifest> {
  await assertNotRunning(directory);
  if (directory.exists() && options.fresh !== true)
    return await continueManifest(context, directory, options);
  const manifest = await newManifest(name, options);
  const { genesisHash } = await setup(directory, manifest);
  context.output.step(
    'genesis',
    `${manifest.validators} validators, 5 ledgers, hash 0x${genesisHash.slice(0, 4)}…${genesisHash.slice(-4)}`,
  );
  return manifest;
}

async function continueManifest(
  context: CliContext,
  directory: TestnetDirectory,
  options: UpOptions,
): Promise<Manifest> {
  const { manifest, testnet } = await loadContinuable(directory);
  const asked = requested(options);
  for (const [field, value] of Object.entries(asked))
    if (value !== undefined && value !== manifest[field as keyof Manifest])
      throw new NodeError<TestnetErrorCode>(
        'TESTNET_EXISTS',
        `${directory.path} holds a testnet with ${field} ${String(manifest[field as keyof Manifest])}, not ${value}`,
        { hint: 'start anew with --fresh, or choose another name or --data-dir' },
      );
  const { genesisHash } = testnet;
  context.output.step(
    'genesis',
    `${manifest.validators} validators, 5 ledgers, hash ${genesisHash.slice(0, 6)}…${genesisHash.slice(-4)} (goes on)`,
  );
  return manifest;
}

function requested(
  options: UpOptions,
): Partial<Record<keyof Manifest, string | number | boolean | undefined>> {
  return {
    validators: options.validators,
    observers: options.observers,
    portBase: options.portBase,
    blockTimeMs: options.blockTime,
    emptyBlocksMs: options.emptyBlocks,
    seed: options.seed,
    // As with the others, what was not said is as the manifest has it.
    mining: options.mining ? undefined : false,
    recordSent: options.recordSent,
  };
}

async function newManifest(name: string, options: UpOptions): Promise<Manifest> {
  if (options.manifest !== undefined)
    return parseManifest(await readJsonFile(z.unknown(), options.manifest), options.manifest);
  const given = Object.fromEntries(
    Object.entries(requested(options)).filter(([, value]) => value !== undefined),
  );
  return parseManifest({ name, seed: randomBytes(16).toString('hex'), ...given }, 'the options');
}

/** One run of `testnet up`, from the first process to the last word. */
class Session {
  readonly #context: CliContext;
  readonly #supervisor: Supervisor;
  readonly #manifest: Manifest;
  readonly #options: UpOptions;
  readonly #signal: AbortSignal;
  readonly #beginMs = performance.now();
  #showProgress = false;

  constructor(
    context: CliContext,
    supervisor: Supervisor,
    manifest: Manifest,
    options: UpOptions,
    signal: AbortSignal,
  ) {
    this.#context = context;
    this.#supervisor = supervisor;
    this.#manifest = manifest;
    this.#options = options;
    this.#signal = signal;
  }

  #elapsed(): string {
    return `${((performance.now() - this.#beginMs) / 1000).toFixed(1)} s`;
  }

  /** Ends when the testnet is up, if it is to be left or only waited for; otherwise when it is interrupted. */
  async run(): Promise<'up'> {
    const { output } = this.#context;
    const { detach, waitBlocks, timeout } = this.#options;
    const validators = this.#supervisor.validators.length;
    await this.#startNodes();
    output.progress('waiting for the first block');
    await waitForHeight(this.#supervisor, FIRST_HEIGHT, timeout);
    output.step(
      'consensus',
      `height ${FIRST_HEIGHT}, quorum ${quorum(validators)} of ${validators}  ${this.#elapsed()}`,
    );
    await this.#meet();
    const loadEnd = new AbortController();
    const loading = this.#keepLoaded(AbortSignal.any([this.#signal, loadEnd.signal]));
    loading.catch(() => {}); // looked at below, unless the wait for blocks fails first
    output.progress('waiting for blocks');
    try {
      await Promise.race([
        waitForHeight(this.#supervisor, waitBlocks ?? FIRST_HEIGHT, timeout),
        loading.then(() => new Promise<never>(() => {})),
      ]);
      output.progress(undefined);
      this.#printSummary();
      if (detach === true || waitBlocks !== undefined) loadEnd.abort();
      else this.#showProgress = true;
      await loading;
    } finally {
      loadEnd.abort();
    }
    return 'up';
  }

  async #startNodes(): Promise<void> {
    const { output } = this.#context;
    const names = this.#supervisor.nodes.map(({ name }) => name);
    output.progress(`starting ${names.length} nodes, which look for each other`);
    await launch(this.#supervisor, names, this.#manifest);
    const { nodes } = this.#supervisor;
    const ports = `p2p ${portRange(nodes, 'p2p')} · rpc ${portRange(nodes, 'rpc')}`;
    output.step('nodes', `${nodes.length} up: ${names[0]} … ${names.at(-1)}, ${ports}  ${this.#elapsed()}`);
  }

  /** The first blocks need not wait for it: until each has met each, peers pass on what they hear. */
  async #meet(): Promise<void> {
    const names = this.#supervisor.nodes.map(({ name }) => name);
    await meet(this.#supervisor, names);
    const { output } = this.#context;
    const { nodes } = this.#supervisor;
    output.step(
      'connected',
      `${nodes.length} peers, ${nodes.length - 1} connections each  ${this.#elapsed()}`,
    );
  }

  #printSummary(): void {
    const { output } = this.#context;
    const { directory, testnet } = this.#supervisor;
    const [first] = testnet.nodes;
    output.note('');
    output.note(`  RPC       ${first?.rpc}     docs  ${first?.rpc}/openrpc.json`);
    for (const node of testnet.nodes.slice(1)) output.note(`            ${node.rpc}  ${node.name}`);
    output.note(`  Accounts  ${directory.accountPath('alice')}, ${directory.accountPath('bob')}`);
    output.note('');
    output.note('Next:  metanode tx demo          one transaction on each of the five ledgers');
    output.note('       metanode testnet status | logs | kill v7 | resume | check | down');
    if (output.options.json)
      output.result({ ...testnet, directory: directory.path, elapsed: this.#elapsed() }, '');
  }

  /** A light mixed load until the signal; its progress is shown once the testnet is up. */
  async #keepLoaded(signal: AbortSignal): Promise<void> {
    const { load: wanted, loadRate } = this.#options;
    const line = (text: string) => {
      if (this.#showProgress) this.#context.output.note(text);
    };
    if (!wanted) {
      await this.#supervisor.guard(showHeights(this.#supervisor, line, signal));
      return;
    }
    while (!signal.aborted)
      // Plans are made in advance, so a load that has no end is a row of loads.
      await load(this.#supervisor, this.#manifest, {
        rate: loadRate,
        seconds: LOAD_SECONDS,
        lane: BACKGROUND_LANE,
        validatorChanges: false,
        signal,
        onProgress: ({ height, sent, final, open }) =>
          line(
            `height ${height}  ${this.#supervisor.validators.length} validators  load ${loadRate}/s: sent ${sent}, final ${final}, open ${open}`,
          ),
      });
  }
}

function portRange(nodes: Supervisor['nodes'], kind: 'p2p' | 'rpc'): string {
  const ports = nodes.map((node) =>
    kind === 'rpc' ? new URL(node.rpc).port : (node.p2p.split('/')[4] ?? ''),
  );
  return ports.length === 1 ? String(ports[0]) : `${ports[0]}-${ports.at(-1)}`;
}

const SHOW_MS = 2_000;

async function showHeights(
  supervisor: Supervisor,
  line: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const node = supervisor.running[0];
    const head =
      node &&
      (await connectNode(node)
        .call('chain_getFinalizedHead')
        .catch(() => undefined));
    if (head !== undefined) line(`height ${head.height}`);
    await new Promise((resolve) => setTimeout(resolve, SHOW_MS));
  }
}
