import { type Command, Option } from 'commander';
import type { MethodResult } from '../../../rpc/schema/methods.ts';
import { LEDGERS, type LedgerName } from '../../../types/names.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { show } from '../../json-answers.ts';
import { renderTable } from '../../output.ts';
import { decimal } from '../../parse.ts';

interface MempoolOptions {
  from?: string;
  ledger?: LedgerName;
  why?: string;
  dropped?: boolean;
  limit: number;
}

type Line = MethodResult<'txpool_inspect'>['items'][number];

/** What waits for a block, and what became of what does not wait any more. */
export function registerDebugMempool(debug: Command, cliProcess: CliProcess): void {
  debug
    .command('mempool')
    .description('transactions that wait for a block, a line each')
    .option('--from <address>', 'only of this sender')
    .addOption(new Option('--ledger <ledger>', 'only of this ledger').choices(LEDGERS))
    .option('--why <tx-id>', 'instead: where one transaction is, or why it was dropped')
    .option('--dropped', 'instead: what was dropped lately, and why')
    .option('--limit <count>', 'at most so many', decimal, 100)
    .action(action(cliProcess, mempool));
}

async function mempool(context: CliContext, options: MempoolOptions): Promise<void> {
  const { why } = options;
  if (why !== undefined) await show(context, (client) => client.call('tx_status', { txId: why }));
  else if (options.dropped === true) await dropped(context, options);
  else await waiting(context, options);
}

async function waiting(context: CliContext, { from, ledger, limit }: MempoolOptions): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const client = await clientOf(context);
  const params = { limit, ...(ledger === undefined ? {} : { ledger }) };
  if (from === undefined) {
    const answer = await client.call('txpool_inspect', params);
    context.output.result(answer, linesText(answer.items, answer.total));
    return;
  }
  const answer = await client.call('txpool_contentFrom', { ...params, address: from });
  const lines = answer.items.map(({ transaction, state }) => {
    const { txId, sender, nonce, maxFee, operations } = transaction;
    const names = operations.map(({ name }) => name);
    return { txId, ledger: transaction.ledger, sender, nonce, maxFee, operations: names, state };
  });
  context.output.result(answer, linesText(lines, answer.total));
}

function linesText(lines: readonly Line[], total: number | undefined): string {
  const rows = lines.map(({ txId, ledger, sender, nonce, maxFee, operations, state }) => [
    txId,
    ledger,
    state,
    nonce,
    maxFee,
    operations.join(', '),
    sender,
  ]);
  const header = ['transaction', 'ledger', 'state', 'nonce', 'max fee', 'operations', 'sender'];
  return `${renderTable(header, rows)}\n${lines.length} of ${total ?? lines.length}`;
}

async function dropped(context: CliContext, { limit }: MempoolOptions): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const answer = await (await clientOf(context)).call('txpool_dropped', { limit });
  const rows = answer.items.map(({ txId, reason, at }) => [at, reason, txId]);
  context.output.result(answer, renderTable(['at', 'why', 'transaction'], rows));
}
