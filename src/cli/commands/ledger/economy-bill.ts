import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { renderTable, toJsonText } from '../../output.ts';
import { decimal, formatCoins } from '../../parse.ts';

interface BillOptions {
  window?: number;
  out?: string;
}

/** What was charged to whom, and what banks owe for charges in AUR. */
export function registerBill(economy: Command, cliProcess: CliProcess): void {
  economy
    .command('bill <address>')
    .description('what an address was charged in a window of billing')
    .option('--window <number>', 'a closed window; without it the open one', decimal)
    .option('--out <file>', 'write the bill of a closed window for `metanode verify`')
    .action(action(cliProcess, bill));
  economy
    .command('claims')
    .description('what banks owe in US dollars for payments across borders')
    .option('--bank <lei>', 'of this bank only')
    .action(action(cliProcess, claims));
}

async function bill(context: CliContext, options: BillOptions, address: string): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const { billFileOf, fetchBill } = await import('../../../client/bill.ts');
  const fetched = await fetchBill(await clientOf(context), address, options.window);
  if (options.out !== undefined) await writeFile(options.out, `${toJsonText(billFileOf(fetched))}\n`);
  const { window, fromHeight, toHeight, commitment, items, sums } = fetched;
  const lines = items.map(({ line, txId }) => [
    String(line.height),
    line.ledger,
    line.class,
    formatCoins(BigInt(line.amount)),
    line.token,
    txId ?? '',
  ]);
  const text = [
    renderTable(['height', 'ledger', 'class', 'amount', 'token', 'transaction'], lines),
    '',
    renderTable(
      ['class', 'sum', 'token'],
      sums.map((sum) => [sum.class, formatCoins(BigInt(sum.amount)), sum.token]),
    ),
    '',
    `window ${window}, heights ${fromHeight} to ${toHeight}: ${
      commitment === null ? 'open' : `closed, committed to in block ${commitment.height}`
    }`,
  ];
  if (options.out !== undefined)
    text.push(`bill in ${options.out}; check it with: metanode verify ${options.out} --genesis genesis.json`);
  context.output.result(fetched, text.join('\n'));
}

async function claims(context: CliContext, options: { bank?: string }): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const answer = await (await clientOf(context)).call('economy_getClaims', { ...options, limit: 500 });
  const rows = answer.items.map(({ bank, claimant, amount }) => [
    bank,
    claimant,
    formatCoins(BigInt(amount)),
  ]);
  const shown = answer.nextCursor === null ? '' : `\n${answer.items.length} of ${answer.total}`;
  context.output.result(answer, `${renderTable(['bank', 'claimant', 'USD'], rows)}${shown}`);
}
