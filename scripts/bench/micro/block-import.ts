import { median } from '../arithmetic.ts';
import type { Metrics } from '../context.ts';
import { admitAll, ChainPair } from './chain-pair.ts';
import { cpuMicros } from './cpu-time.ts';

const SENDERS = 256;
const TRANSACTIONS_PER_SENDER = 4;
const TRANSACTIONS = SENDERS * TRANSACTIONS_PER_SENDER;
const BLOCKS = 7;

/**
 * Blocks that one node builds and another, which has none of their transactions, checks, executes and commits, as when
 * it catches up: processor time on all threads, without a disk.
 */
export async function measureBlockImport(): Promise<Metrics> {
  const pair = await ChainPair.open(SENDERS);
  const { builder, follower } = pair;
  const builds: number[] = [];
  const imports: number[] = [];
  while (imports.length < BLOCKS) {
    await admitAll(builder, pair.sign(TRANSACTIONS_PER_SENDER, 1));
    const buildBegin = cpuMicros();
    const block = builder.build();
    builds.push(cpuMicros() - buildBegin);
    if (block.transactions.flat().length !== TRANSACTIONS) throw new Error('not all stand in one block');
    const certificate = builder.certify(block);
    await builder.chain.commit(block, certificate);
    const importBegin = cpuMicros();
    await follower.import(block, certificate);
    imports.push(cpuMicros() - importBegin);
  }
  return {
    blockBuildMicrosPerTransaction: median(builds) / TRANSACTIONS,
    blockImportMicrosPerTransaction: median(imports) / TRANSACTIONS,
  };
}
