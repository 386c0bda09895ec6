import type { Command } from 'commander';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { usageError } from '../../exit-code.ts';

export function registerUi(program: Command, cliProcess: CliProcess): void {
  program
    .command('ui')
    .description('the address of the page of the node, for a browser')
    .action(action(cliProcess, printAddress));
}

async function printAddress(context: CliContext): Promise<void> {
  const { addressOf, clientOf } = await import('../../rpc.ts');
  const address = await addressOf(context);
  if (address.startsWith('unix:'))
    throw usageError('a browser cannot open a local socket', 'name the node by --rpc http://host:port');
  // Where nobody answers there is no page.
  await (await clientOf(context)).call('net_version');
  const url = `${address.replace(/\/+$/, '')}/ui`;
  context.output.result({ url }, url);
}
