import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ratio } from '../arithmetic.ts';
import type { BenchRun } from '../context.ts';
import { GrowingChain } from '../growing-chain.ts';
import { measureStateCommit } from '../micro/state-commit.ts';

const FIRST_ACCOUNTS = 10_000;
const EMPTY_BLOCKS = 1_000;
const LIMIT_MS = 900_000;

/** Whether what a transaction costs depends on how much there is: accounts, blocks. */
export const growth: BenchRun = {
  name: 'growth',
  summary:
    'one validator, synthetic times, a real disk: cost of a payment to a random account, few and many accounts',
  validators: 0,
  limitMs: LIMIT_MS,
  measure: async (context) => {
    const { accounts } = context.options;
    const root = await mkdtemp(join(context.directory ?? tmpdir(), 'metanode-bench-growth-'));
    context.onRelease(() => rm(root, { recursive: true, force: true }));
    const chain = await GrowingChain.create(root);
    context.onRelease(() => chain.close());
    await chain.growAccounts(FIRST_ACCOUNTS);
    await chain.measureTransaction(); // the first blocks run in code that is not compiled yet
    const few = await chain.measureTransaction();
    context.note(`${FIRST_ACCOUNTS} accounts: ${few.toFixed(0)} µs a transaction`);
    await chain.growAccounts(accounts);
    const many = await chain.measureTransaction();
    context.note(`${accounts} accounts: ${many.toFixed(0)} µs a transaction`);
    const height = chain.height;
    await chain.growBlocks(EMPTY_BLOCKS);
    const later = await chain.measureTransaction();
    const openMs = await chain.reopen();
    const rssMiB = process.memoryUsage().rss / 2 ** 20;
    const fewKeys = measureStateCommit(FIRST_ACCOUNTS);
    const manyKeys = measureStateCommit(accounts);
    return {
      accounts,
      transactionMicrosFew: few,
      transactionMicrosMany: many,
      costRatio: ratio(many, few),
      blocks: chain.height - height,
      transactionMicrosAfterBlocks: later,
      blockCostRatio: ratio(later, many),
      stateCommitMicrosFew: fewKeys,
      stateCommitMicrosMany: manyKeys,
      stateCommitRatio: ratio(manyKeys, fewKeys),
      openMs,
      rssMiB,
    };
  },
};
