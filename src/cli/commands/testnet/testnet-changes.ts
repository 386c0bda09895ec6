import type { Command } from 'commander';
import type { AddNodeOptions } from '../../../../testnet/commands/add-node.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { decimal, duration } from '../../parse.ts';

const DEFAULT_WAIT_MS = 120_000;

/** What changes a testnet while it runs: its nodes, and who of them can talk to whom. */
export function registerTestnetChanges(
  testnet: Command,
  cliProcess: CliProcess,
  directoryPath: (context: CliContext, name: string | undefined) => string,
): void {
  testnet
    .command('add-node [name]')
    .description('one more node for a testnet that runs: an observer, which syncs and follows')
    .option('--validator', 'it joins the validators and is voted in')
    .option(
      '--port-base <port>',
      'p2p port from here + 1, RPC port from here + 101; 0 = free ports (default: after those of the testnet)',
      decimal,
    )
    .option(
      '--timeout <duration>',
      'longest wait for its last block and its admission',
      duration,
      DEFAULT_WAIT_MS,
    )
    .action(
      action(cliProcess, async (context, options: AddNodeOptions, name?: string) => {
        const { addNode } = await import('../../../../testnet/commands/add-node.ts');
        await addNode(context, directoryPath(context, name), options);
      }),
    );
  testnet
    .command('partition <groups> [name]')
    .description(
      "split the network, for example 'v1,v2|v3,v4': no connection crosses; nodes not named are one more side",
    )
    .action(
      action(cliProcess, async (context, _options, groups: string, name?: string) => {
        const { split } = await import('../../../../testnet/commands/partition.ts');
        await split(context, directoryPath(context, name), groups);
      }),
    );
  testnet
    .command('heal [name]')
    .description('end a partition: every node may talk to every other again')
    .action(
      action(cliProcess, async (context, _options, name?: string) => {
        const { heal } = await import('../../../../testnet/commands/partition.ts');
        await heal(context, directoryPath(context, name));
      }),
    );
}
