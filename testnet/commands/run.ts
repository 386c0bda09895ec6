import { z } from 'zod';
import type { CliContext } from '../../src/cli/context.ts';
import { testnetHome } from '../../src/cli/paths.ts';
import { NodeError } from '../../src/util/errors.ts';
import { TestnetDirectory, type TestnetErrorCode } from '../directory.ts';
import { readJsonFile } from '../json-file.ts';
import { type Manifest, nodeNames, parseManifest } from '../manifest.ts';
import { connectNode } from '../rpc.ts';
import { check } from '../stages/check.ts';
import { FOREGROUND_LANE, load } from '../stages/load.ts';
import { perturb } from '../stages/perturb.ts';
import { setup } from '../stages/setup.ts';
import { start } from '../stages/start.ts';
import { stop } from '../stages/stop.ts';
import { heightsOf, waitForHeight } from '../stages/wait.ts';
import type { Supervisor } from '../supervisor.ts';
import { renderCheckReport } from './check.ts';
import { loadProblem, renderLoadReport } from './load.ts';
import { supervisorOf } from './supervisor-of.ts';

const WAIT_MS = 120_000;
/** Blocks that everyone must have beyond the head at the end of the load. */
const MORE_BLOCKS = 2;

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
  await setup(directory, manifest);
  output.step('setup', directory.path);
  const supervisor = await supervisorOf(directory);
  try {
    await start(supervisor, nodeNames(manifest), { logLevel: manifest.logLevel });
    output.step('start', `${supervisor.nodes.length} nodes`);
    await runLoadAndPerturbations(context, supervisor, manifest);
    const heights = await heightsOf(supervisor.running.map(connectNode));
    await waitForHeight(
      supervisor,
      Math.max(...heights.map(({ height }) => height ?? 0)) + MORE_BLOCKS,
      WAIT_MS,
    );
    output.step('wait', 'every node is at the head');
    const report = await check(supervisor, { coverage: manifest.load?.validatorChanges ?? false });
    output.result(report, renderCheckReport(report));
    if (!report.ok)
      throw new NodeError<TestnetErrorCode>('NOT_HEALTHY', 'the testnet does not agree with itself');
  } finally {
    if (options.keep !== true) await stop(supervisor);
  }
}

async function runLoadAndPerturbations(
  context: CliContext,
  supervisor: Supervisor,
  manifest: Manifest,
): Promise<void> {
  const { output } = context;
  const settings = { logLevel: manifest.logLevel };
  const [report] = await Promise.all([
    manifest.load === undefined
      ? undefined
      : load(supervisor, manifest, { ...manifest.load, lane: FOREGROUND_LANE }),
    perturb(supervisor, manifest.perturbations, settings, ({ kind, nodes }) =>
      output.step('perturb', `${kind} ${nodes.join(' ')}`),
    ),
  ]);
  if (report === undefined) return;
  output.note(renderLoadReport(report));
  const problem = loadProblem(report);
  if (problem !== undefined) throw new NodeError<TestnetErrorCode>('NOT_HEALTHY', problem);
  output.step('load', `${report.final} transactions`);
}
