import { MemoryStore } from '../../../src/storage/memory-store.ts';
import { deriveSenders } from '../../../testnet/identities.ts';
import { median, sum } from '../arithmetic.ts';
import { BenchChain, benchGenesis, CHAIN_SEED } from '../bench-chain.ts';
import type { Metrics } from '../context.ts';
import { signTransfers } from '../load/transfers.ts';
import { cpuMicros } from './cpu-time.ts';

const SENDERS = 512;
/** More than a section takes. */
const TRANSACTIONS_PER_SENDER = 5;
const OPERATIONS_PER_BATCH = 100;
const BLOCKS = 5;
const VALID_FOR_MS = 12 * 3_600_000;

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
  const genesis = benchGenesis(SENDERS);
  const builder = await BenchChain.open(genesis, new MemoryStore());
  const follower = await BenchChain.open(genesis, new MemoryStore());
  const senders = deriveSenders(CHAIN_SEED, SENDERS);
  const costs: number[] = [];
  let gas = 0;
  let firstNonce = 0;
  while (costs.length < BLOCKS) {
    const { chain, genesisHash } = builder;
    const transactions = signTransfers(
      { chainId: genesis.chainId, genesisHash },
      {
        senders,
        firstNonce,
        count: SENDERS * TRANSACTIONS_PER_SENDER,
        operations,
        validUntilMs: chain.head.timeMs + VALID_FOR_MS,
      },
    );
    firstNonce += TRANSACTIONS_PER_SENDER;
    for (const { pool } of [builder, follower])
      await Promise.all(transactions.map((transaction) => pool.admit(transaction, 'local')));
    const block = builder.build();
    if (block.transactions.flat().length === transactions.length) throw new Error('the block is not full');
    gas = sum(block.block.body.sections.map(({ section }) => section.work));
    const begin = cpuMicros();
    const verdict = await follower.chain.validate(block, { reproposal: true });
    costs.push((cpuMicros() - begin) / 1000);
    if (!verdict.valid) throw new Error(`the full block is refused: ${verdict.reason}`);
    for (let next = block; ; next = builder.build()) {
      const certificate = builder.certify(next);
      await chain.commit(next, certificate);
      await follower.import(next, certificate);
      if (!chain.hasWork()) break;
    }
  }
  return { executionMs: median(costs), gas };
}
