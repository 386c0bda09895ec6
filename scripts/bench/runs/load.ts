import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../../../src/util/limits.ts';
import { connectNode } from '../../../testnet/rpc.ts';
import { blockIntervals, blockRate, cpuPerThousand, ratio, sum } from '../arithmetic.ts';
import { BenchNet } from '../bench-net.ts';
import type { BenchContext, BenchRun, Metrics } from '../context.ts';
import type { LoadPace, LoadReport } from '../load/contract.ts';
import { GeneratorProcess, type MeasuredLoad } from '../load/run-load.ts';
import { coresBetween } from '../process-usage.ts';

/** Enough that nobody comes near the bound of transactions that wait for an earlier nonce. */
export const SENDERS = 400;
/** Of the ceiling; the pacer finds the rest. */
const START_SHARE = 0.12;
/** So much of the ceiling is signed beforehand where the pacer finds the rate: no chain comes near to all of it. */
const SIGNED_SHARE = 0.6;
/** Operations a second and core beyond which nothing is prepared: the ledger alone needs about 20 µs for one. */
const MAX_OPERATIONS_PER_SECOND = 15_000;

/** Median latency that a load on few validators, as far as each talks to all, and on many aims at. */
const TARGET_FEW_MS = 760;
const TARGET_MANY_MS = 1_450;
/** The same where nobody asks for a median: as much as leaves one in a hundred below 3 s. */
const TARGET_BATCH_MS = 1_800;
/** What counts as in time: the median for who sends one operation per transaction, and one in a hundred. */
const IN_TIME_FEW_MS = 800;
const IN_TIME_MANY_MS = 1_500;
const LAST_IN_TIME_MS = 3_000;

/** Loads at a fixed rate that look for a higher one than the pacer found, each after a short warm-up. */
const STEPS = 6;
const STEP_WARMUP_SECONDS = 10;
/**
 * The first one is so much higher; half as much after each that was late. A pacer that met a cold net can end at half of
 * what the warm one takes.
 */
const FIRST_RAISE = 0.2;

/** How long a node may take to have the last block that the load generator saw. */
const LAST_BLOCK_MS = 20_000;
const POLL_MS = 100;
/** What a node tells of at once. */
const MAX_LATER_BLOCKS = 100;

export interface LoadSettings {
  readonly validators: number;
  readonly operationsPerTransaction: number;
  /** Beside the validators, if the options name none. */
  readonly observers?: number;
}

/** A net under one load after the other, each of senders of its own. */
export class LoadedNet {
  readonly net: BenchNet;
  readonly #context: BenchContext;
  readonly #operationsPerTransaction: number;
  #sendersBefore = 0;
  #committed = 0;

  private constructor(net: BenchNet, context: BenchContext, operationsPerTransaction: number) {
    this.net = net;
    this.#context = context;
    this.#operationsPerTransaction = operationsPerTransaction;
  }

  /** Boots a net that takes the loads of `fastest` and so many others. */
  static async boot(context: BenchContext, settings: LoadSettings, others = 0): Promise<LoadedNet> {
    const loads = 1 + STEPS + others;
    const { validators, operationsPerTransaction } = settings;
    const observers = context.options.observers ?? settings.observers ?? 0;
    const net = await BenchNet.create(context, { validators, observers, senders: loads * SENDERS });
    const { connectedMs } = await net.boot();
    context.note(`${net.nodes.length} nodes are up after ${(connectedMs / 1000).toFixed(1)} s`);
    return new LoadedNet(net, context, operationsPerTransaction);
  }

  /** As many transactions as a pacer finds to be final in time, or as many as `--rate` says. */
  async paced(): Promise<MeasuredLoad> {
    const { options, verificationsPerSecond } = this.#context;
    const validators = this.net.validators.length;
    const [checks, ledger] = [
      verificationsPerSecond / validators,
      MAX_OPERATIONS_PER_SECOND / this.#operationsPerTransaction,
    ];
    const ceiling = Math.min(checks, ledger);
    const singleMs = validators <= LIMITS.maxDirectValidators ? TARGET_FEW_MS : TARGET_MANY_MS;
    const usualMs = this.#operationsPerTransaction === 1 ? singleMs : TARGET_BATCH_MS;
    const pace: LoadPace =
      options.rate === undefined
        ? { kind: 'adaptive', startRate: START_SHARE * ceiling, targetMs: options.targetMs ?? usualMs }
        : { kind: 'fixed', rate: options.rate };
    return await this.load(pace, options.rate ?? Math.min(SIGNED_SHARE * checks, ledger));
  }

  /**
   * As many transactions as the net takes in time for a whole measurement, without a pacer. The rate at which a pacer
   * ends is that of a net that is not yet warm, and swings with every late block: where that was late, the same rate is
   * tried once more without the swings.
   */
  async fastest(): Promise<MeasuredLoad> {
    let fastest = await this.paced();
    if (this.#context.options.rate !== undefined) return fastest;
    let step = FIRST_RAISE;
    for (let steps = 0; steps < STEPS; steps++) {
      const isInTime = this.#isInTime(fastest);
      const lower = steps === 0 ? 1 : 1 - step;
      const rate = rateOf(fastest) * (isInTime ? 1 + step : lower);
      const measured = await this.load({ kind: 'fixed', rate }, rate, STEP_WARMUP_SECONDS);
      const isFaster = this.#isInTime(measured) && rateOf(measured) > rateOf(fastest);
      // As long as nothing was in time, it goes down.
      if (!isInTime || isFaster) fastest = measured;
      else step /= 2;
    }
    return fastest;
  }

  #isInTime({ report: { latency } }: MeasuredLoad): boolean {
    const isFew = this.net.validators.length <= LIMITS.maxDirectValidators;
    const medianMs = isFew ? IN_TIME_FEW_MS : IN_TIME_MANY_MS;
    return latency.p99 < LAST_IN_TIME_MS && (this.#operationsPerTransaction > 1 || latency.p50 <= medianMs);
  }

  /**
   * Lets a load generator sign transactions for so many a second and then send them, and measures the nodes after a
   * warm-up.
   * @throws Error if a node holds more transactions than it has checked signatures
   */
  async load(
    pace: LoadPace,
    signedPerSecond: number,
    warmupSeconds = this.#context.options.warmupSeconds,
  ): Promise<MeasuredLoad> {
    const { net } = this;
    const { options, note } = this.#context;
    const generator = new GeneratorProcess();
    this.#context.onRelease(() => generator.stop());
    const { chainId, genesisHash } = await net.first.call('net_status');
    const order = {
      seed: net.seed,
      chainId,
      genesisHash: genesisHash.slice(2),
      watched: net.first.url,
      targets: net.nodes.map(({ rpc }) => rpc),
      senders: SENDERS,
      sendersBefore: this.#sendersBefore,
      operationsPerTransaction: this.#operationsPerTransaction,
      transactions: Math.ceil((options.seconds + warmupSeconds) * signedPerSecond),
      pace,
      warmupMs: warmupSeconds * 1000,
      measureMs: options.seconds * 1000,
    };
    this.#sendersBefore += SENDERS;
    const work = (async () => {
      await generator.prepare(order);
      note(`${order.transactions} transactions are signed`);
      return await generator.run(net.pids);
    })();
    const measured = await net.supervisor.guard(work);
    generator.stop();
    for (const [reason, count] of Object.entries(measured.report.refusals))
      note(`${count} refused: ${reason}`);
    const { p50, p99 } = measured.report.latency;
    const latency = `p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`;
    note(
      `${rateOf(measured).toFixed(0)} a second: ${latency}, ${this.#isInTime(measured) ? 'in time' : 'late'}`,
    );
    this.#committed += measured.report.committedTransactions;
    await this.#assertVerified(measured.report.blocks.at(-1)?.height ?? 0);
    return measured;
  }

  /** Lets what waits become final. */
  async rest(durationMs: number): Promise<void> {
    await this.net.supervisor.guard(sleep(durationMs));
  }

  /**
   * Every node has to have checked the signature of every transaction that stands in the blocks up to `height`, in those
   * that came later, and in its pool.
   */
  async #assertVerified(height: number): Promise<void> {
    for (const node of this.net.nodes) {
      const rpc = connectNode(node);
      const endMs = performance.now() + LAST_BLOCK_MS;
      const headOf = async () => (await rpc.call('chain_getFinalizedHead')).height;
      let head = await headOf();
      for (; head < height; head = await headOf()) {
        if (performance.now() > endMs) throw new Error(`${node.name} does not get to block ${height}`);
        await this.net.supervisor.guard(sleep(POLL_MS));
      }
      // Blocks first: what goes from the pool into one in between is then counted nowhere, and nothing twice.
      const blocks = Math.min(head - height, MAX_LATER_BLOCKS);
      const later = blocks === 0 ? {} : (await rpc.call('chain_stats', { blocks })).transactions;
      const pool = await rpc.call('txpool_status');
      const held = this.#committed + sum(Object.values(later)) + pool.transactions;
      if (pool.verifiedSignatures < held)
        throw new Error(
          `${node.name} holds ${held} transactions and checked ${pool.verifiedSignatures} signatures`,
        );
    }
  }
}

const rateOf = ({ report }: MeasuredLoad) => blockRate(report.blocks).transactionsPerSecond;

/** The figures of a measured load on so many validators and their observers. */
export function loadMetrics({ report, begin, end }: MeasuredLoad, validators: number): Metrics {
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

const LOAD_LIMIT_MS = 600_000;

function loadRun(name: string, settings: LoadSettings): BenchRun {
  const { validators, operationsPerTransaction, observers } = settings;
  const nodes = observers === undefined ? `${validators} validators` : `${validators} + ${observers} nodes`;
  const what = operationsPerTransaction === 1 ? 'one operation' : `${operationsPerTransaction} operations`;
  return {
    name,
    summary: `${nodes}, ${what} per transaction, as many as are final in time`,
    validators,
    limitMs: LOAD_LIMIT_MS,
    measure: async (context) => {
      const count = context.options.validators ?? validators;
      const loaded = await LoadedNet.boot(context, { ...settings, validators: count });
      return loadMetrics(await loaded.fastest(), count);
    },
  };
}

const BATCH = 100;
const OBSERVERS = 3;

export const load4 = loadRun('load4', { validators: 4, operationsPerTransaction: 1 });
export const load4Batch = loadRun('load4-batch', { validators: 4, operationsPerTransaction: BATCH });
export const load21 = loadRun('load21', { validators: 21, operationsPerTransaction: 1 });
export const load21Observers = loadRun('load21-observers', {
  validators: 21,
  operationsPerTransaction: 1,
  observers: OBSERVERS,
});
export const load21Batch = loadRun('load21-batch', { validators: 21, operationsPerTransaction: BATCH });
