import { LEDGERS, type LedgerName } from '../types/names.ts';
import type { ChainPort, StoredBlock } from './ports/chain.ts';

/** What the last blocks come to, at most so many and none that is pruned. */
export async function chainStats(chain: ChainPort, count: number) {
  const toHeight = chain.head().height;
  const fromHeight = Math.max(toHeight - count + 1, chain.lowestHeight(), 1);
  const blocks: StoredBlock[] = [];
  for (let height = fromHeight; height <= toHeight; height++) {
    const block = await chain.block(height);
    if (block !== undefined) blocks.push(block);
  }
  const all = blocks.flatMap(({ block }) => block.transactions.flat());
  const seals = blocks.map(({ certificate }) => certificate.seals.length);
  const intervals = intervalsOf(blocks);
  const spanMs = sum(intervals);
  return {
    ...{ fromHeight, toHeight, blocks: blocks.length },
    transactions: Object.fromEntries(
      LEDGERS.map((ledger, i) => [
        ledger,
        sum(blocks.map(({ block }) => block.transactions[i]?.length ?? 0)),
      ]),
    ) as Record<LedgerName, number>,
    transactionBytes: sum(all.map(({ length }) => length)),
    intervalMs:
      intervals.length === 0 ? null : { mean: spanMs / intervals.length, max: Math.max(...intervals) },
    // What the first block holds came before the time that is looked at.
    transactionsPerSecond: spanMs === 0 ? null : (sum(blocks.slice(1).map(transactionsOf)) / spanMs) * 1_000,
    laterRounds: blocks.filter(({ certificate }) => certificate.round > 0).length,
    seals: seals.length === 0 ? null : { mean: sum(seals) / seals.length, min: Math.min(...seals) },
  };
}

function intervalsOf(blocks: readonly StoredBlock[]): number[] {
  const times = blocks.map(({ block }) => block.header.timeMs);
  return times.slice(1).map((timeMs, i) => timeMs - (times[i] as number));
}

function transactionsOf({ block }: StoredBlock): number {
  return block.transactions.flat().length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
