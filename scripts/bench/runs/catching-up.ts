import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { dataDirPaths } from '../../../src/storage/data-dir.ts';
import type { TestnetNode } from '../../../testnet/directory.ts';
import { connectNode } from '../../../testnet/rpc.ts';
import { nodeArguments } from '../../../testnet/stages/start.ts';
import { blockRate, ratio } from '../arithmetic.ts';
import type { BenchNet } from '../bench-net.ts';
import type { BenchRun } from '../context.ts';
import { usageOf } from '../process-usage.ts';
import { LoadedNet } from './load.ts';

const LIMIT_MS = 360_000;
const POLL_MS = 20;
const DRAIN_MS = 3_000;

interface Restart {
  /** Until the node answered. */
  readonly answersMs: number;
  /** Until it had the block `height`. */
  readonly caughtUpMs: number;
  readonly cpuSeconds: number;
  readonly rssMiB: number;
}

/** Starts a node that was stopped and waits until it has the block `height`. */
async function startAgain(net: BenchNet, node: TestnetNode, height: number): Promise<Restart> {
  const { supervisor, manifest } = net;
  const beginMs = performance.now();
  await supervisor.start([node.name], (one) => nodeArguments(supervisor, one, manifest));
  const rpc = connectNode(node);
  const headOf = async () => (await rpc.call('chain_getFinalizedHead').catch(() => undefined))?.height;
  let answersMs: number | undefined;
  for (let head = await headOf(); head === undefined || head < height; head = await headOf()) {
    if (head !== undefined) answersMs ??= performance.now() - beginMs;
    await supervisor.guard(sleep(POLL_MS));
  }
  const caughtUpMs = performance.now() - beginMs;
  const { cpuSeconds, rssMiB } = usageOf(supervisor.node(node.name).pid as number);
  return { answersMs: answersMs ?? caughtUpMs, caughtUpMs, cpuSeconds, rssMiB };
}

/** A chain grows under load; then one node loses its database and fetches everything again. */
function syncRun(name: string, validatorCount: number, operationsPerTransaction: number): BenchRun {
  return {
    name,
    summary: `a wiped node fetches the chain that a load of ${operationsPerTransaction} operations per transaction made`,
    validators: 0,
    limitMs: LIMIT_MS,
    measure: async (context) => {
      const validators = context.options.validators ?? validatorCount;
      const loaded = await LoadedNet.boot(context, { validators, operationsPerTransaction });
      const { report } = await loaded.paced();
      await loaded.rest(DRAIN_MS);
      const { net } = loaded;
      const node = net.validators.at(-1) as TestnetNode;
      await net.supervisor.stop([node.name]);
      await rm(dataDirPaths(net.supervisor.directory.nodePath(node.name)).database, {
        recursive: true,
        force: true,
      });
      const height = await net.height();
      const { caughtUpMs, answersMs, cpuSeconds, rssMiB } = await startAgain(net, node, height);
      const [first, last] = [report.blocks[0], report.blocks.at(-1)];
      const grownBlocks = (last?.height ?? 0) - (first?.height ?? 0);
      const grownMs = (last?.arrivedMs ?? 0) - (first?.arrivedMs ?? 0);
      const blocksPerSecond = (height * 1000) / caughtUpMs;
      const grownBlocksPerSecond = ratio(grownBlocks * 1000, grownMs);
      return {
        validators,
        syncMs: caughtUpMs,
        answersMs,
        height,
        blocksPerSecond,
        grownOperationsPerSecond: blockRate(report.blocks).operationsPerSecond,
        // Blocks of one load hold about the same, so blocks a second compare what is in them, too.
        speedup: ratio(blocksPerSecond, grownBlocksPerSecond),
        // Without the start of the process, which does not take longer for a longer chain.
        speedupOnceUp: ratio(ratio(height * 1000, caughtUpMs - answersMs), grownBlocksPerSecond),
        cpuSeconds,
        rssMiB,
      };
    },
  };
}

export const sync = syncRun('sync', 21, 1);
export const syncBatch = syncRun('sync-batch', 21, 100);

const RESTART_VALIDATORS = 4;

/** A node ends in order after a load, and comes back with its database. */
export const restart: BenchRun = {
  name: 'restart',
  summary: '4 validators: one is stopped in order after a load and started again',
  validators: 0,
  limitMs: LIMIT_MS,
  measure: async (context) => {
    const validators = context.options.validators ?? RESTART_VALIDATORS;
    const loaded = await LoadedNet.boot(context, { validators, operationsPerTransaction: 1 });
    await loaded.paced();
    await loaded.rest(DRAIN_MS);
    const { net } = loaded;
    const node = net.validators.at(-1) as TestnetNode;
    const stopBeginMs = performance.now();
    await net.supervisor.stop([node.name]);
    const stopMs = performance.now() - stopBeginMs;
    const height = await net.height();
    return { validators, height, stopMs, ...(await startAgain(net, node, height)) };
  },
};
