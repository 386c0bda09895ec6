import { median, sum } from '../arithmetic.ts';
import type { Metrics } from '../context.ts';
import { admitAll, ChainPair } from './chain-pair.ts';
import { cpuMicros } from './cpu-time.ts';

const SENDERS = 512;
/** More than a section takes. */
const TRANSACTIONS_PER_SENDER = 5;
const OPERATIONS_PER_BATCH = 100;
const BLOCKS = 5;

/**
 * What a node does with a block into which no transaction more goes, once it has the transactions in its pool and their
 * signatures checked: executing it and comparing everything that its header claims. Processor time on all threads.
 */
export async function measureFullBlock(): Promise<Metrics> {
  const single = await measureBlocksOf(1);
  const batches = await measureBlocksOf(OPERATIONS_PER_BATCH);
  return {
    fullBlockMs: single.executionMs,
    fullBlockGas: single.gas,
    fullBlockOfBatchesMs: batches.executionMs,
    fullBlockOfBatchesGas: batches.gas,
  };
}

async function measureBlocksOf(operations: number): Promise<{ executionMs: number; gas: number }> {
  const pair = await ChainPair.open(SENDERS);
  const { builder, follower } = pair;
  const costs: number[] = [];
  let gas = 0;
  while (costs.length < BLOCKS) {
    const transactions = pair.sign(TRANSACTIONS_PER_SENDER, operations);
    for (const node of [builder, follower]) await admitAll(node, transactions);
    const block = builder.build();
    if (block.transactions.flat().length === transactions.length) throw new Error('the block is not full');
    gas = sum(block.block.body.sections.map(({ section }) => section.work));
    const begin = cpuMicros();
    const verdict = await follower.chain.validate(block, { reproposal: true });
    costs.push((cpuMicros() - begin) / 1000);
    if (!verdict.valid) throw new Error(`the full block is refused: ${verdict.reason}`);
    for (let next = block; ; next = builder.build()) {
      const certificate = builder.certify(next);
      await builder.chain.commit(next, certificate);
      await follower.import(next, certificate);
      if (!builder.chain.hasWork()) break;
    }
  }
  return { executionMs: median(costs), gas };
}
