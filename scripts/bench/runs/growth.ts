import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ratio } from '../arithmetic.ts';
import type { BenchRun, Metrics } from '../context.ts';
import { GrowingChain } from '../growing-chain.ts';
import { measureStateCommit } from '../micro/state-commit.ts';

/** Sizes at which a transaction is measured besides the last one, which the options name; the first is compared with it. */
const FIRST_ACCOUNTS = 10_000;
const ACCOUNTS_BETWEEN = [100_000];
const BLOCKS_BETWEEN = [10_000];
const LIMIT_MS = 3_600_000;

/** Whether what a transaction costs depends on how much there is: accounts, blocks. */
export const growth: BenchRun = {
  name: 'growth',
  summary:
    'one validator, synthetic times, a real disk: cost of a payment to a random account, few and many accounts',
  validators: 0,
  limitMs: LIMIT_MS,
  measure: async (context) => {
    const { accounts, blocks } = context.options;
    const root = await mkdtemp(join(context.directory ?? tmpdir(), 'metanode-bench-growth-'));
    context.onRelease(() => rm(root, { recursive: true, force: true }));
    const chain = await GrowingChain.create(root);
    context.onRelease(() => chain.close());
    const measured: Record<string, number> = {};
    const measure = async (stage: string): Promise<number> => {
      const micros = await chain.measureTransaction();
      context.note(`${stage}: ${micros.toFixed(0)} µs a transaction, ${memoryMiB().toFixed(0)} MiB`);
      measured[`transactionMicrosAt${stage}`] = micros;
      return micros;
    };

    await chain.growAccounts(FIRST_ACCOUNTS);
    await chain.measureTransaction(); // the first blocks run in code that is not compiled yet
    const few = await measure(`${FIRST_ACCOUNTS}Accounts`);
    const memoryMiBFew = memoryMiB();
    let many = few;
    for (const size of stages(ACCOUNTS_BETWEEN, accounts)) {
      await chain.growAccounts(size);
      many = await measure(`${size}Accounts`);
    }
    const memoryMiBMany = memoryMiB();
    let later = many;
    let grown = 0;
    for (const size of stages(BLOCKS_BETWEEN, blocks)) {
      await chain.growBlocks(size - grown);
      grown = size;
      later = await measure(`${size}Blocks`);
    }
    const memoryMiBAfterBlocks = memoryMiB();
    const openMs = await chain.reopen();
    return {
      accounts,
      ...measured,
      costRatio: ratio(many, few),
      blocks,
      blockCostRatio: ratio(later, many),
      memoryMiBFew,
      memoryMiBMany,
      memoryMiBAfterBlocks,
      bytesPerAccount: ratio((memoryMiBMany - memoryMiBFew) * 2 ** 20, accounts - FIRST_ACCOUNTS),
      diskMiB: await chain.diskMiB(),
      openMs,
      ...stateCommitMetrics(accounts),
    };
  },
};

/** The sizes below the last one, and that. */
function stages(between: readonly number[], last: number): number[] {
  return [...between.filter((size) => size < last), last];
}

function stateCommitMetrics(accounts: number): Metrics {
  const few = measureStateCommit(FIRST_ACCOUNTS);
  const many = measureStateCommit(accounts);
  return {
    stateCommitMicrosFew: few,
    stateCommitMicrosMany: many,
    stateCommitRatio: ratio(many, few),
  };
}

/** What this process holds, once what nobody holds any more is gone, where the runtime lets a program ask for that. */
function memoryMiB(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}
