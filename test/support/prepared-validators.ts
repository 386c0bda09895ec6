import { startNode } from '../../src/node/node.ts';
import type { NodeOptionsInput } from '../../src/node/options.ts';
import { VoteJournal } from '../../src/storage/vote-journal.ts';
import { decodeBlock } from '../../src/types/block.ts';
import type { JournalRecord } from '../../src/types/journal.ts';

/** What this process prints, one line for each validator: its Commit for this block is durable, and will never leave. */
export interface PreparedNotice {
  readonly height: number;
  readonly round: number;
  readonly blockHash: string;
}

/**
 * Runs validators as one process that a test can kill: `<options of the nodes as JSON>`. Each of them goes on until it
 * has journalled its Commit, with the prepared certificate, for a block that holds a transaction, and then stands
 * still before anybody hears of it.
 */
const options = JSON.parse(process.argv[2] ?? '[]') as NodeOptionsInput[];
const withTransactions = new Set<string>();
const append = VoteJournal.prototype.append;

VoteJournal.prototype.append = async function (this: VoteJournal, record: JournalRecord): Promise<void> {
  const { step, height, round, blockHash, block } = record;
  await append.call(this, record);
  if (block.length > 0 && decodeBlock(block).transactions.some((list) => list.length > 0))
    withTransactions.add(blockHash);
  if (step !== 'commit' || !withTransactions.has(blockHash)) return;
  const notice: PreparedNotice = { height, round, blockHash };
  process.stdout.write(`${JSON.stringify(notice)}\n`);
  await new Promise(() => undefined);
};

const bootnodes: string[] = [];
for (const input of options) {
  const node = await startNode({ ...input, bootnodes });
  if (bootnodes.length === 0) bootnodes.push(...node.addresses.slice(0, 1));
}
