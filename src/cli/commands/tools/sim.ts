import { cpus } from 'node:os';
import type { Command } from 'commander';
import type { Campaign } from '../../../sim/campaign.ts';
import type { FaultClass } from '../../../sim/faults/faults.ts';
import type { RunMode } from '../../../sim/run.ts';
import { NodeError } from '../../../util/errors.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { usageError } from '../../exit-code.ts';
import { decimal, listOf } from '../../parse.ts';
import type { ExplorationOptions } from '../../sim/explorations.ts';
import { runPart, type SimPart, startParts } from '../../sim/parts.ts';
import { campaignText, repeatCommand } from '../../sim/text.ts';

interface SimOptions extends ExplorationOptions {
  runs?: number;
  heights: number;
  faults?: string[];
  mode: RunMode;
  jobs?: number;
  trace?: boolean;
  part?: number;
  scenario?: string[];
  search?: boolean;
  mutants?: boolean;
}

export function registerSim(program: Command, cliProcess: CliProcess): void {
  program
    .command('sim')
    .description(
      'run the consensus core of many validators on a virtual clock, under faults and lies that a seed chooses; exit code 1 if a property breaks',
    )
    .option('--validators <count>', 'validators, 1 to 64', decimal, 4)
    .option('--seed <text>', 'everything random derives from it; <seed>/<run> names one run', '1')
    .option('--runs <count>', 'runs (default: 100, or the one that the seed names)', decimal)
    .option('--heights <count>', 'heights of each run, at least 5', decimal, 6)
    .option('--faults <classes>', 'classes that a run may be switched to, or none (default: all)', listOf)
    .option('--mode <mode>', 'safety: faults last; liveness: n − f healed nodes must decide', 'safety')
    .option('--jobs <count>', 'processes at once (default: one per core)', decimal)
    .option('--trace', 'print one run as a timeline')
    .option('--scenario <file...>', 'play scripted situations instead', listOf)
    .option(
      '--twins <count>',
      'try all schedules in which so many validators are two nodes with one key',
      decimal,
    )
    .option('--search', 'visit all states that four validators can be in, one of which lies')
    .option('--rounds <count>', 'rounds of --twins (default: 3) and --search (default: 2)', decimal)
    .option('--parts <count>', 'parts into which the network of --twins falls at most (default: 3)', decimal)
    .option('--samples <count>', 'try so many random schedules of --twins instead of all', decimal)
    .option(
      '--max-states <count>',
      'bound of --search for each liar (default: 300000 above 2 rounds)',
      decimal,
    )
    .option('--mutants', 'make the faults of a list in the consensus and see that the checks notice each')
    .option('--part <run>', 'first run of this process, which another one has started')
    .action(action(cliProcess, simulate));
}

async function simulate(context: CliContext, options: SimOptions): Promise<void> {
  if (options.scenario !== undefined) {
    const { playScenarioFiles } = await import('../../sim/scenarios.ts');
    await playScenarioFiles(context, options.scenario, options.trace === true);
    return;
  }
  if (options.mutants === true) {
    const { huntMutants } = await import('../../sim/mutants.ts');
    await huntMutants(context, options.jobs);
    return;
  }
  if (options.twins !== undefined || options.search === true) {
    const { playSearch, playTwins } = await import('../../sim/explorations.ts');
    await (options.search === true ? playSearch : playTwins)(context, options);
    return;
  }
  const part = await partOf(options);
  if (options.part !== undefined) {
    await runPart({ ...part, from: Number(options.part) });
    return;
  }
  if (options.trace === true) return await trace(context, part);
  const started = performance.now();
  const jobs = Math.max(1, Math.min(options.jobs ?? cpus().length, Math.ceil(part.runs / 20)));
  const campaign = await startParts(part, jobs, (done) => {
    context.output.note(`${done.runs} of ${part.runs} runs, ${done.heights} heights`);
  });
  await judge(context, part, campaign, { jobs, seconds: (performance.now() - started) / 1000 });
}

/** Checks the options. @throws NodeError USAGE */
async function partOf(options: SimOptions): Promise<SimPart> {
  const { MIN_HEIGHTS } = await import('../../../sim/run.ts');
  const { validators, seed, heights, mode } = options;
  if (validators < 1 || validators > 64) throw usageError('a simulation has 1 to 64 validators');
  if (heights < MIN_HEIGHTS) throw usageError(`a run has at least ${MIN_HEIGHTS} heights`);
  if (mode !== 'safety' && mode !== 'liveness')
    throw usageError(`no mode ${String(mode)}`, 'safety or liveness');
  const isOneRun = /\/\d+$/.test(seed);
  if (isOneRun && (options.runs ?? 1) !== 1)
    throw usageError(`the seed ${seed} names one run`, 'leave out --runs, or the /… of the seed');
  const runs = isOneRun ? 1 : (options.runs ?? 100);
  if (runs < 1) throw usageError('at least one run');
  if (options.trace === true && !isOneRun)
    throw usageError('--trace shows one run', `name it by its seed, such as ${seed}/0`);
  const faults = await parseFaults(options.faults ?? ['all'], validators);
  return { validators, seed, runs, from: 0, heights, mode, faults, isOneRun };
}

async function parseFaults(names: readonly string[], n: number): Promise<FaultClass[]> {
  const { ALL_FAULTS, isPossible } = await import('../../../sim/faults/faults.ts');
  const { faultTolerance } = await import('../../../types/quorum.ts');
  const isOpen = (fault: FaultClass) => isPossible(fault, n, faultTolerance(n));
  if (names.length === 1 && names[0] === 'none') return [];
  if (names.length === 1 && names[0] === 'all') return ALL_FAULTS.filter(isOpen);
  return names.map((name) => {
    const fault = ALL_FAULTS.find((known) => known === name);
    if (fault === undefined)
      throw usageError(`no fault class ${name}`, `all, none or ${ALL_FAULTS.join(', ')}`);
    if (!isOpen(fault)) throw usageError(`${name} cannot happen among ${n} validators`);
    return fault;
  });
}

async function trace(context: CliContext, part: SimPart): Promise<void> {
  const { campaignOf } = await import('../../../sim/campaign.ts');
  const { Timeline } = await import('../../../sim/timeline.ts');
  const timeline = new Timeline();
  const { seed, validators: n, heights, mode, faults } = part;
  const started = performance.now();
  const campaign = campaignOf({ seed, n, heights, mode, faults, observer: timeline });
  for (const line of timeline.lines) context.output.note(line);
  const seconds = (performance.now() - started) / 1000;
  await judge(context, part, campaign, { jobs: 1, seconds, timeline: timeline.lines });
}

async function judge(
  context: CliContext,
  part: SimPart,
  campaign: Campaign,
  effort: { jobs: number; seconds: number; timeline?: readonly string[] },
): Promise<void> {
  const { idleFaults } = await import('../../../sim/campaign.ts');
  const { roundsToDecide } = await import('../../../sim/run.ts');
  // One run need not show every class: it stands for itself.
  const idle = part.isOneRun ? [] : idleFaults(campaign);
  const failures = campaign.failures.map((failure) => ({
    ...failure,
    repeat: repeatCommand(part, failure.seed),
  }));
  const value = {
    validators: part.validators,
    seed: part.seed,
    mode: part.mode,
    ...campaign,
    failures,
    idleFaults: idle,
    ...(part.mode === 'liveness' ? { roundsToDecide: roundsToDecide(part.validators) } : {}),
    ...effort,
    heightsPerSecond: campaign.heights / effort.seconds,
    heightsPerCpuSecond: campaign.cpuMs === 0 ? undefined : (1000 * campaign.heights) / campaign.cpuMs,
  };
  context.output.result(value, campaignText(value, context.output));
  const [failure] = failures;
  if (failure !== undefined)
    throw new NodeError(failure.code, failure.message, {
      data: failure.data,
      hint: `repeat it: ${failure.repeat}`,
    });
  if (idle.length > 0)
    throw new NodeError('FAULT_NEVER_STRUCK', `switched on, but never struck: ${idle.join(', ')}`, {
      data: { classes: idle },
      hint: 'more runs, or more heights',
    });
}
