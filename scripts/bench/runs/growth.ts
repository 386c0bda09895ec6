import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ratio } from '../arithmetic.ts';
import type { BenchRun, Metrics } from '../context.ts';
import { GrowingChain } from '../growing-chain.ts';
import { measureStateCommit } from '../micro/state-commit.ts';

const FIRST_ACCOUNTS = 10_000;
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
    const report = (what: string, micros: number): number => {
      context.note(`${what}: ${micros.toFixed(0)} µs a transaction, ${memoryMiB().toFixed(0)} MiB`);
      return micros;
    };

    await chain.growAccounts(FIRST_ACCOUNTS);
    await chain.measureTransaction(); // the first blocks run in code that is not compiled yet
    const few = report(`${FIRST_ACCOUNTS} accounts`, await chain.measureTransaction());
    const memoryMiBFew = memoryMiB();
    await chain.growAccounts(accounts);
    const many = report(`${accounts} accounts`, await chain.measureTransaction());
    const memoryMiBMany = memoryMiB();
    await chain.growBlocks(blocks);
    const later = report(`${blocks} blocks later`, await chain.measureTransaction());
    const memoryMiBAfterBlocks = memoryMiB();
    const openMs = await chain.reopen();
    return {
      accounts,
      transactionMicrosFew: few,
      transactionMicrosMany: many,
      costRatio: ratio(many, few),
      blocks,
      transactionMicrosAfterBlocks: later,
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
