import { Argument, type Command, Option } from 'commander';
import type { MethodResult } from '../../../rpc/schema/methods.ts';
import { LEDGERS, type LedgerName } from '../../../types/names.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { renderTable } from '../../output.ts';
import { decimal } from '../../parse.ts';
import { watch } from '../../watch.ts';

type Status = MethodResult<'miner_status'>;

interface HistoryOptions {
  ledger?: LedgerName;
  height?: number;
  before?: number;
  limit?: number;
}

/** Who mines the sections of blocks. */
export function registerMiner(program: Command, cliProcess: CliProcess): void {
  const miner = program.command('miner').description('mining: workers, elected miners, sections');
  miner
    .command('status')
    .description('per ledger: who mines the next block, what waits, and what this node does about it')
    .option('-w, --watch', 'ask again every second until Ctrl-C')
    .action(action(cliProcess, status));
  miner
    .command('history')
    .description('the sections that this node mined, newest first; with --height those of one block')
    .addOption(new Option('--ledger <ledger>', 'only this ledger').choices(LEDGERS))
    .option('--height <height>', 'the sections of this block, whoever mined them', decimal)
    .option('--before <height>', 'only own sections below this height', decimal)
    .option('--limit <count>', 'at most so many', decimal)
    .action(action(cliProcess, history));
  miner
    .command('queue')
    .description('what would be mined next')
    .addArgument(new Argument('<ledger>', 'of this ledger').choices(LEDGERS))
    .option('--limit <count>', 'at most so many', decimal)
    .action(action(cliProcess, queue));
  miner
    .command('election')
    .description('who mines the next block, by rank, and what each validator weighs')
    .action(action(cliProcess, election));
}

async function status(context: CliContext, options: { watch?: boolean }): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const client = await clientOf(context);
  if (options.watch === true) return await watch(context, () => client.call('miner_status'), statusText);
  const answer = await client.call('miner_status');
  context.output.result(answer, statusText(answer));
}

function statusText({ miner, nextHeight, ledgers }: Status): string {
  const rows = ledgers.map(({ ledger, proofType, waiting, elected, worker }) => [
    ledger,
    proofType,
    String(waiting),
    elected[0] ?? '-',
    ...(worker === null ? [] : workerCells(worker)),
  ]);
  const header = ['ledger', 'proof', 'waiting', 'rank 0'];
  const own = ['state', 'own rank', 'best section', 'mined', 'final', 'lost', 'failures'];
  return [
    miner === null ? 'this node does not mine' : `miner ${miner}`,
    `block ${nextHeight}`,
    '',
    renderTable(miner === null ? header : [...header, ...own], rows),
  ].join('\n');
}

function workerCells({
  state,
  rank,
  best,
  counts,
  failures,
}: NonNullable<Status['ledgers'][number]['worker']>): string[] {
  return [
    state,
    rank === null ? '-' : String(rank),
    best === null ? '-' : `rank ${best.rank}, ${best.txCount} tx`,
    ...[counts.MINED, counts.FINAL, counts.LOST, failures].map(String),
  ];
}

async function history(context: CliContext, options: HistoryOptions): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const answer = await (await clientOf(context)).call('miner_history', options);
  const rows = answer.items.map(
    ({ height, ledger, proofType, rank, txCount, work, state, miner, minedAt }) => [
      String(height),
      ledger,
      proofType,
      rank === null ? '-' : String(rank),
      String(txCount),
      String(work),
      state,
      minedAt ?? miner ?? 'nobody',
    ],
  );
  const last = options.height === undefined ? 'mined at' : 'miner';
  context.output.result(
    answer,
    renderTable(['height', 'ledger', 'proof', 'rank', 'tx', 'work', 'state', last], rows),
  );
}

async function queue(context: CliContext, options: { limit?: number }, ledger: LedgerName): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const answer = await (await clientOf(context)).call('miner_getQueue', { ledger, ...options });
  const rows = answer.items.map(({ txId, sender, nonce, operations }) => [
    txId,
    sender,
    nonce,
    operations.join(', '),
  ]);
  context.output.result(
    answer,
    `${renderTable(['transaction', 'sender', 'nonce', 'operations'], rows)}\n${answer.waiting} can be mined now`,
  );
}

async function election(context: CliContext): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const answer = await (await clientOf(context)).call('miner_getElection');
  const miners = answer.ledgers.flatMap(({ ledger, miners: ranked }) =>
    ranked.map(({ rank, validator, weight }) => [ledger, String(rank), validator, String(weight)]),
  );
  const weights = answer.candidates.map(({ validator, weight }) => [validator, String(weight)]);
  context.output.result(
    answer,
    [
      `block ${answer.nextHeight}`,
      '',
      renderTable(['ledger', 'rank', 'miner', 'weight'], miners),
      '',
      renderTable(['validator', 'weight'], weights),
    ].join('\n'),
  );
}
