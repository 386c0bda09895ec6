import * as z from 'zod';
import type { CliContext } from '../../src/cli/context.ts';
import { testnetHome } from '../../src/cli/paths.ts';
import { NodeError } from '../../src/util/errors.ts';
import { TestnetDirectory, type TestnetErrorCode } from '../directory.ts';
import { readJsonFile } from '../json-file.ts';
import type { LoadReport } from '../load/tracker.ts';
import { type Manifest, nodeNames, parseManifest } from '../manifest.ts';
import { connectNode } from '../rpc.ts';
import { type CheckReport, check } from '../stages/check.ts';
import { FOREGROUND_LANE, load } from '../stages/load.ts';
import { perturb } from '../stages/perturb.ts';
import { setup } from '../stages/setup.ts';
import { start } from '../stages/start.ts';
import { stop } from '../stages/stop.ts';
import { heightsOf, waitForHeight } from '../stages/wait.ts';
import type { Supervisor } from '../supervisor.ts';
import { renderCheckReport } from './check.ts';
import { interruption, listenForInterrupt } from './interrupt.ts';
import { loadProblem, renderLoadReport } from './load.ts';
import { assertNotRunning, supervisorOf } from './supervisor-of.ts';

const WAIT_MS = 120_000;
/** Blocks that everyone must have beyond the head at the end of the load. */
const MORE_BLOCKS = 2;

/** What a run came to; without a load in the manifest `load` is null. */
type RunReport = CheckReport & { readonly load: LoadReport | null };

/** `metanode testnet run`: all stages of a manifest, one after the other. The directory stays for inspection. */
export async function run(
  context: CliContext,
  dataDir: string | undefined,
  manifestPath: string,
  options: { keep?: boolean },
): Promise<void> {
  const { output } = context;
  const manifest = parseManifest(await readJsonFile(z.unknown(), manifestPath), manifestPath);
  const directory = new TestnetDirectory(dataDir ?? testnetHome(manifest.name, context.process.env));
  await assertNotRunning(directory);
  output.progress('setting up');
  await setup(directory, manifest);
  output.step('setup', directory.path);
  const supervisor = await supervisorOf(directory);
  const interrupt = listenForInterrupt();
  // Whatever still sleeps when the run ends, such as a restart that is due later, must not touch the nodes any more.
  const ended = new AbortController();
  const signal = AbortSignal.any([interrupt.signal, ended.signal]);
  const stages = new Stages(context, supervisor, manifest, signal);
  try {
    const outcome = await Promise.race([stages.run(), interruption(interrupt.signal)]);
    if (outcome === 'interrupted')
      throw new NodeError<TestnetErrorCode>('INTERRUPTED', 'the run was interrupted before its end');
    report(context, outcome);
  } finally {
    ended.abort();
    await stages.faultsEnded();
    if (options.keep !== true) await stop(supervisor);
    interrupt.release();
  }
}

/** The stages of one manifest, from the first process to the last check. */
class Stages {
  readonly #context: CliContext;
  readonly #supervisor: Supervisor;
  readonly #manifest: Manifest;
  readonly #signal: AbortSignal;
  #perturbing: Promise<void> | undefined;

  constructor(context: CliContext, supervisor: Supervisor, manifest: Manifest, signal: AbortSignal) {
    this.#context = context;
    this.#supervisor = supervisor;
    this.#manifest = manifest;
    this.#signal = signal;
  }

  async run(): Promise<RunReport> {
    const { output } = this.#context;
    const supervisor = this.#supervisor;
    const manifest = this.#manifest;
    output.progress('starting nodes');
    await start(supervisor, nodeNames(manifest), manifest);
    output.step('start', `${supervisor.nodes.length} nodes`);
    output.progress('load and perturbations');
    this.#perturbing = perturb(supervisor, manifest.perturbations, {
      settings: manifest,
      signal: this.#signal,
      onPerturbation: ({ kind, nodes }) => output.step('perturb', `${kind} ${nodes.join(' ')}`),
    });
    const [loaded] = await Promise.all([
      manifest.load === undefined ? null : this.#load(manifest.load),
      this.#perturbing,
    ]);
    if (loaded !== null) output.step('load', `${loaded.final} of ${loaded.planned} transactions are final`);
    const heights = await heightsOf(supervisor.running.map(connectNode));
    const target = Math.max(...heights.map(({ height }) => height ?? 0)) + MORE_BLOCKS;
    output.progress(`waiting for block ${target}`);
    await waitForHeight(supervisor, target, WAIT_MS);
    output.step('wait', `every node has block ${target}`);
    output.progress('comparing all nodes, and replaying the chain');
    const checked = await check(supervisor, { coverage: manifest.load?.validatorChanges ?? false });
    return { ...checked, load: loaded };
  }

  /** Waits until faults that were cut short have given back what they took, such as a disk. */
  async faultsEnded(): Promise<void> {
    await this.#perturbing?.catch(() => {}); // why they ended is told by `run`
  }

  async #load(settings: NonNullable<Manifest['load']>): Promise<LoadReport> {
    return await load(this.#supervisor, this.#manifest, {
      ...settings,
      lane: FOREGROUND_LANE,
      signal: this.#signal,
    });
  }
}

/** Prints what a run came to, and fails if anything of it is not as it should be. */
function report({ output }: CliContext, outcome: RunReport): void {
  const { load: loaded } = outcome;
  const checked = renderCheckReport(outcome);
  output.result(outcome, loaded === null ? checked : `${renderLoadReport(loaded)}\n${checked}`);
  const problem = loaded === null ? undefined : loadProblem(loaded);
  if (problem !== undefined) throw new NodeError<TestnetErrorCode>('NOT_HEALTHY', problem);
  if (!outcome.ok)
    throw new NodeError<TestnetErrorCode>('NOT_HEALTHY', 'the testnet does not agree with itself');
}
