import { blockIntervals, blockRate, cpuPerThousand, ratio, sum } from '../arithmetic.ts';
import { BenchNet } from '../bench-net.ts';
import type { BenchContext, BenchRun, Metrics } from '../context.ts';
import type { LoadOrder, LoadPace, LoadReport } from '../load/contract.ts';
import { GeneratorProcess, type MeasuredLoad } from '../load/run-load.ts';
import { coresBetween } from '../process-usage.ts';

/** Enough that nobody comes near the bound of transactions that wait for an earlier nonce. */
export const SENDERS = 400;
/** Of the ceiling; the pacer finds the rest. */
const START_SHARE = 0.25;
/** Operations a second and core beyond which nothing is prepared: the ledger alone needs about 20 µs for one. */
const MAX_OPERATIONS_PER_SECOND = 15_000;

/** Median latency that a load on few validators and on many aims at. */
const FEW_VALIDATORS = 7;
const TARGET_FEW_MS = 760;
const TARGET_MANY_MS = 1_400;

export interface LoadSettings {
  readonly validators: number;
  readonly operationsPerTransaction: number;
}

/** Everything that a run with a load leaves behind for what is measured after it. */
export interface LoadedNet {
  readonly net: BenchNet;
  readonly measured: MeasuredLoad;
  readonly metrics: Metrics;
}

/** Boots a net, lets a load generator sign and then send, and measures the net meanwhile. */
export async function loadNet(context: BenchContext, settings: LoadSettings): Promise<LoadedNet> {
  const { options, note } = context;
  const { validators, operationsPerTransaction } = settings;
  const net = await BenchNet.create(context, { validators, observers: options.observers, senders: SENDERS });
  const bootMs = await net.boot();
  note(`${net.nodes.length} nodes are up after ${(bootMs / 1000).toFixed(1)} s`);
  const generator = new GeneratorProcess();
  context.onRelease(() => generator.stop());
  const order = await orderFor(context, net, operationsPerTransaction);
  const work = (async () => {
    await generator.prepare(order);
    note(`${order.transactions} transactions are signed`);
    return await generator.run(net.pids);
  })();
  const measured = await net.supervisor.guard(work);
  generator.stop();
  return { net, measured, metrics: { bootMs, ...loadMetrics(measured, validators) } };
}

async function orderFor(
  { options, verificationsPerSecond }: BenchContext,
  net: BenchNet,
  operationsPerTransaction: number,
): Promise<LoadOrder> {
  const { chainId, genesisHash } = await net.first.call('net_status');
  const ceiling = Math.min(
    verificationsPerSecond / net.validators.length,
    MAX_OPERATIONS_PER_SECOND / operationsPerTransaction,
  );
  const usualMs = net.validators.length <= FEW_VALIDATORS ? TARGET_FEW_MS : TARGET_MANY_MS;
  const pace: LoadPace =
    options.rate === undefined
      ? { kind: 'adaptive', startRate: START_SHARE * ceiling, targetMs: options.targetMs ?? usualMs }
      : { kind: 'fixed', rate: options.rate };
  const spanSeconds = options.seconds + options.warmupSeconds;
  return {
    seed: net.seed,
    chainId,
    genesisHash: genesisHash.slice(2),
    watched: net.first.url,
    targets: net.nodes.map(({ rpc }) => rpc),
    senders: SENDERS,
    operationsPerTransaction,
    transactions: Math.ceil(spanSeconds * Math.max(ceiling, options.rate ?? 0)),
    pace,
    warmupMs: options.warmupSeconds * 1000,
    measureMs: options.seconds * 1000,
  };
}

/** The figures of a measured load; `validators` processes and their observers took part. */
function loadMetrics({ report, begin, end }: MeasuredLoad, validators: number): Metrics {
  const { blocks, latency } = report;
  const interval = blockIntervals(blocks);
  const operations = sum(blocks.map((block) => block.operations));
  const seconds = (end.atMs - begin.atMs) / 1000;
  return {
    validators,
    ...blockRate(blocks),
    p50Ms: latency.p50,
    p99Ms: latency.p99,
    maxMs: latency.max,
    blockIntervalMs: interval.meanMs,
    maxBlockIntervalMs: interval.maxMs,
    cpuSecondsPer1000Operations: cpuPerThousand(end.cpuSeconds - begin.cpuSeconds, operations),
    cores: coresBetween(begin, end),
    generatorCores: ratio(report.generatorCpuSeconds, seconds),
    rssMiB: sum(end.rssMiB) / end.rssMiB.length,
    maxRssMiB: Math.max(...end.rssMiB),
    rssGrowthMiB: (sum(end.rssMiB) - sum(begin.rssMiB)) / end.rssMiB.length,
    ...admissionMetrics(report, seconds),
  };
}

function admissionMetrics(report: LoadReport, seconds: number): Metrics {
  return {
    offeredPerSecond: ratio(report.offered, seconds),
    acceptedPerSecond: ratio(report.accepted, seconds),
    refused: sum(Object.values(report.refusals)),
    overdue: report.overdue,
    ranOut: report.ranOut,
  };
}

const LOAD_LIMIT_MS = 240_000;

function loadRun(name: string, validators: number, operationsPerTransaction: number): BenchRun {
  const what = operationsPerTransaction === 1 ? 'one operation' : `${operationsPerTransaction} operations`;
  return {
    name,
    summary: `${validators} validators, ${what} per transaction, as many as are final in time`,
    validators,
    limitMs: LOAD_LIMIT_MS,
    measure: async (context) => {
      const settings = { validators: context.options.validators ?? validators, operationsPerTransaction };
      return (await loadNet(context, settings)).metrics;
    },
  };
}

const BATCH = 100;

export const load4 = loadRun('load4', 4, 1);
export const load4Batch = loadRun('load4-batch', 4, BATCH);
export const load21 = loadRun('load21', 21, 1);
export const load21Batch = loadRun('load21-batch', 21, BATCH);
