/**
 * `npm run bench -- [RUN…] [--json]`: measures the node, part by part and as a whole net of real processes. What is
 * said of speed is a ratio within one run of this program: the machine is measured before and after each run.
 */
import { availableParallelism, cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { decimal, duration, positive } from '../../src/cli/parse.ts';
import { errorMessage } from '../../src/util/errors.ts';
import { interruption, listenForInterrupt } from '../../testnet/commands/interrupt.ts';
import { ceilingPerSecond, ratio } from './arithmetic.ts';
import { BenchContext, type BenchOptions, type BenchRun, type Metrics } from './context.ts';
import { type BenchReport, renderReport, roundMetrics } from './report.ts';
import { finality, overload } from './runs/beside-the-best.ts';
import { restart, sync, syncBatch } from './runs/catching-up.ts';
import { growth } from './runs/growth.ts';
import { load4, load4Batch, load21, load21Batch, load21Observers } from './runs/load.ts';
import { mempool } from './runs/mempool.ts';
import { micro } from './runs/micro.ts';
import { boot21, idle21 } from './runs/quiet.ts';
import { measureVerificationRate } from './verification-rate.ts';

const RUNS: readonly BenchRun[] = [
  micro,
  growth,
  mempool,
  load4,
  load4Batch,
  restart,
  boot21,
  idle21,
  load21,
  load21Observers,
  load21Batch,
  finality,
  overload,
  sync,
  syncBatch,
];

interface CommandOptions {
  json?: boolean;
  seconds: number;
  warmup: number;
  validators?: number;
  observers?: number;
  rate?: number;
  target?: number;
  accounts: number;
  blocks: number;
  portBase: number;
  directory?: string;
}

const CEILING_MS = 2_000;

const program = new Command('bench')
  .description('measures the node; all runs if none is named')
  .argument('[runs...]', RUNS.map(({ name }) => name).join(', '))
  .option('--json', 'print {runs: {…}} on standard output')
  .option('--seconds <seconds>', 'length of each measurement', positive, 30)
  .option('--warmup <seconds>', 'load before the measurement begins', positive, 30)
  .option('--validators <count>', 'instead of the number of the run', decimal)
  .option('--observers <count>', 'observers beside the validators, in runs with a load', decimal)
  .option('--rate <rate>', 'transactions a second, instead of as many as are final in time', positive)
  .option('--target <duration>', 'median latency that a load without --rate aims at', duration)
  .option('--accounts <count>', 'accounts up to which growth goes', decimal, 100_000)
  .option('--blocks <count>', 'empty blocks by which growth then goes on', decimal, 10_000)
  .option('--port-base <port>', 'as of testnet up; 0 = free ports', decimal, 0)
  .option('--directory <path>', 'where data directories are made (default: temporary files)')
  .addHelpText(
    'after',
    `\nRuns:\n${RUNS.map(({ name, summary }) => `  ${name.padEnd(14)}${summary}`).join('\n')}`,
  )
  .action(bench);

/** Runs one after the other; the first that fails ends the program, with exit code 1. */
async function bench(names: string[], options: CommandOptions): Promise<void> {
  const unknown = names.find((name) => RUNS.every((run) => run.name !== name));
  if (unknown !== undefined) program.error(`there is no run ${unknown}; see --help`);
  const chosen = RUNS.filter(({ name }) => names.length === 0 || names.includes(name));
  const interrupt = listenForInterrupt();
  const runs: Record<string, Metrics> = {};
  try {
    for (const run of chosen) runs[run.name] = roundMetrics(await measure(run, options, interrupt.signal));
  } catch (error) {
    note(errorMessage(error));
    process.exitCode = 1;
  } finally {
    interrupt.release();
  }
  const report: BenchReport = {
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      node: process.versions.node,
    },
    runs,
  };
  console.log(options.json === true ? JSON.stringify(report) : renderReport(report));
  // Whatever a run that was cut short still waits for has nothing left to wait on.
  process.exit();
}

/** Measures one run between two measurements of the machine, and ends all that it began, however it ends. */
async function measure(run: BenchRun, options: CommandOptions, signal: AbortSignal): Promise<Metrics> {
  const before = await measureVerificationRate(CEILING_MS);
  note(`${run.name}: ${run.summary} (${before.toFixed(0)} signature checks a second)`);
  const benchOptions: BenchOptions = {
    seconds: options.seconds,
    warmupSeconds: options.warmup,
    validators: options.validators,
    observers: options.observers,
    rate: options.rate,
    targetMs: options.target,
    accounts: options.accounts,
    blocks: options.blocks,
  };
  const context = new BenchContext(benchOptions, {
    portBase: options.portBase,
    directory: options.directory,
    verificationsPerSecond: before,
    note: (text) => note(`  ${text}`),
  });
  const limitMs = run.limitMs + (options.seconds + options.warmup) * 1000;
  const work = run.measure(context);
  work.catch(() => {}); // whoever loses the race is not listened to any more
  let metrics: Metrics;
  try {
    metrics = await Promise.race([
      work,
      interruption(signal).then(() => {
        throw new Error('interrupted');
      }),
      sleep(limitMs, undefined, { ref: false }).then(() => {
        throw new Error(`${run.name} took longer than ${limitMs / 1000} s`);
      }),
    ]);
  } finally {
    await context.release();
  }
  if (run.validators === 0) return metrics;
  const verificationsPerSecond = Math.max(before, await measureVerificationRate(CEILING_MS));
  const validators = options.validators ?? run.validators;
  const ceiling = ceilingPerSecond(verificationsPerSecond, validators);
  const { transactionsPerSecond } = metrics;
  return {
    ratioToCeiling: ratio(Number(transactionsPerSecond), ceiling),
    ceilingPerSecond: ceiling,
    verificationsPerSecond,
    ...metrics,
  };
}

/** Progress goes to standard error, so that standard output holds the result alone. */
function note(text: string): void {
  console.error(text);
}

await program.parseAsync();
