import { MemoryStore } from '../../../src/storage/memory-store.ts';
import { deriveSenders } from '../../../testnet/identities.ts';
import { median } from '../arithmetic.ts';
import { BenchChain, benchGenesis, CHAIN_SEED } from '../bench-chain.ts';
import type { Metrics } from '../context.ts';
import { signTransfers } from '../load/transfers.ts';
import { cpuMicros } from './cpu-time.ts';

const SENDERS = 256;
const TRANSACTIONS = 1_024;
const BLOCKS = 7;
const VALID_FOR_MS = 12 * 3_600_000;

/**
 * Blocks that one node builds and another, which has none of their transactions, checks, executes and commits, as when
 * it catches up: processor time on all threads, without a disk.
 */
export async function measureBlockImport(): Promise<Metrics> {
  const genesis = benchGenesis(SENDERS);
  const builder = await BenchChain.open(genesis, new MemoryStore());
  const follower = await BenchChain.open(genesis, new MemoryStore());
  const senders = deriveSenders(CHAIN_SEED, SENDERS);
  const builds: number[] = [];
  const imports: number[] = [];
  for (let number = 0; number < BLOCKS; number++) {
    const { chain, pool, genesisHash } = builder;
    const transactions = signTransfers(
      { chainId: genesis.chainId, genesisHash },
      {
        senders,
        firstNonce: (number * TRANSACTIONS) / SENDERS,
        count: TRANSACTIONS,
        operations: 1,
        validUntilMs: chain.head.timeMs + VALID_FOR_MS,
      },
    );
    await Promise.all(transactions.map((transaction) => pool.admit(transaction, 'local')));
    const buildBegin = cpuMicros();
    const block = builder.build();
    builds.push(cpuMicros() - buildBegin);
    if (block.transactions.flat().length !== TRANSACTIONS) throw new Error('not all stand in one block');
    const certificate = builder.certify(block);
    await chain.commit(block, certificate);
    const importBegin = cpuMicros();
    await follower.import(block, certificate);
    imports.push(cpuMicros() - importBegin);
  }
  return {
    blockBuildMicrosPerTransaction: median(builds) / TRANSACTIONS,
    blockImportMicrosPerTransaction: median(imports) / TRANSACTIONS,
  };
}
