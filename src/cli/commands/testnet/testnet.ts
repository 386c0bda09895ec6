import type { Command } from 'commander';
import type { ChaosCommandOptions } from '../../../../testnet/commands/chaos.ts';
import type { LoadCommandOptions } from '../../../../testnet/commands/load.ts';
import type { LogsOptions } from '../../../../testnet/commands/logs.ts';
import type { UpOptions } from '../../../../testnet/commands/up.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { usageError } from '../../exit-code.ts';
import { decimal, duration, listOf, positive } from '../../parse.ts';
import { testnetHome } from '../../paths.ts';
import { registerTestnetChanges } from './testnet-changes.ts';

const DEFAULT_NAME = 'default';

/** The commands themselves stand in testnet/commands; here is only what the command line needs to know of them. */
export function registerTestnet(program: Command, cliProcess: CliProcess): void {
  const testnet = program.command('testnet').description('real nodes on this machine that build one chain');
  testnet
    .command('up [name]')
    .description('start a testnet; one that was stopped goes on with its chain')
    .option('--validators <count>', 'validators, 1 to 64 (default: 21)', decimal)
    .option('--observers <count>', 'nodes that only follow (default: 0)', decimal)
    .option(
      '--port-base <port>',
      'p2p ports from here + 1, RPC ports from here + 101; 0 = free ports (default: 4100)',
      decimal,
    )
    .option('--block-time <duration>', 'time between blocks under work (default: 1s)', duration)
    .option('--empty-blocks <duration>', 'time between blocks without work (default: 10s)', duration)
    .option('--seed <text>', 'all keys derive from it (default: random)')
    .option('--manifest <file>', 'take all of this from a manifest')
    .option('--detach', 'leave the nodes running and return')
    .option('--wait-blocks <count>', 'return with success when every node has this height', decimal)
    .option('--timeout <duration>', 'longest wait for --wait-blocks', duration, 180_000)
    .option('--load-rate <rate>', 'transactions a second of the load that runs meanwhile', positive, 5)
    .option('--no-load', 'no load')
    .option('--no-mining', 'every proposer mines all sections of its block itself')
    .option('--record-sent', 'every node writes down what it sends, for `testnet check` to compare')
    .option('--fresh', 'forget the chain of an earlier testnet of this name')
    .action(
      action(cliProcess, async (context, options: UpOptions, name?: string) => {
        const { up } = await import('../../../../testnet/commands/up.ts');
        await up(context, directoryPath(context, name), name ?? DEFAULT_NAME, options);
      }),
    );
  testnet
    .command('run <manifest>')
    .description('all stages of a manifest: setup, start, load, perturb, wait, check, stop')
    .option('--keep', 'leave the nodes running')
    .action(
      action(cliProcess, async (context, options: { keep?: boolean }, manifest: string) => {
        const { run } = await import('../../../../testnet/commands/run.ts');
        await run(context, context.global.dataDir, manifest, options);
      }),
    );
  registerControl(testnet, cliProcess);
  registerTestnetChanges(testnet, cliProcess, directoryPath);
  testnet
    .command('load [name]')
    .description(
      'send a mix of all operations, at least 5 % of them meant to fail, and follow each to its end',
    )
    .option('--rate <rate>', 'transactions a second', positive, 20)
    .option('--seconds <seconds>', 'for how long', positive, 60)
    .option('--only <operation>', 'only this operation; may be repeated', listOf)
    .option('--impatient', 'go on at this rate also while the chain cannot bear it; outcomes may differ then')
    .option('--no-validator-changes', 'no validators that join, rotate, double-sign and leave')
    .action(
      action(cliProcess, async (context, options: LoadCommandOptions, name?: string) => {
        const { load } = await import('../../../../testnet/commands/load.ts');
        await load(context, directoryPath(context, name), options);
      }),
    );
  testnet
    .command('chaos [name]')
    .description(
      'kill, stop, freeze, cut off, split and starve nodes under load, as a seed decides, then check everything; exit code 6 if anything was harmed',
    )
    .option('--seconds <seconds>', 'for how long', positive, 60)
    .option('--hits <count>', 'instead of --seconds: until so many nodes were hit', decimal)
    .option('--seed <number>', 'repeats the faults of another run (default: random)', decimal)
    .option('--only <fault>', 'only this fault, such as kill or full-disk; may be repeated', listOf)
    .option('--quick', 'short faults, one right after the other')
    .option('--load-rate <rate>', 'transactions a second meanwhile', positive, 10)
    .action(
      action(cliProcess, async (context, options: ChaosCommandOptions, name?: string) => {
        const { chaos } = await import('../../../../testnet/commands/chaos.ts');
        await chaos(context, directoryPath(context, name), options);
      }),
    );
  testnet
    .command('check [name]')
    .description(
      'compare all nodes at every height, and replay the chain from genesis with the ledger rules alone',
    )
    .option('--coverage', 'every operation must have a successful and a failed receipt, as after a load')
    .action(
      action(cliProcess, async (context, options: { coverage?: boolean }, name?: string) => {
        const { check } = await import('../../../../testnet/commands/check.ts');
        await check(context, directoryPath(context, name), options);
      }),
    );
}

function registerControl(testnet: Command, cliProcess: CliProcess): void {
  const control = async () => await import('../../../../testnet/commands/control.ts');
  testnet
    .command('status [name]')
    .description('height, peers and process of every node; exit code 6 if one is down or behind')
    .option('-w, --watch', 'look again every second until Ctrl-C')
    .action(
      action(cliProcess, async (context, options: { watch?: boolean }, name?: string) => {
        await (await control()).status(context, directoryPath(context, name), options);
      }),
    );
  testnet
    .command('logs [name]')
    .description('print the log files')
    .option('--node <node>', 'only this node; may be repeated', listOf)
    .option('--grep <text>', 'only lines that contain this text')
    .option('--follow', 'go on with what is added')
    .action(
      action(cliProcess, async (context, options: LogsOptions, name?: string) => {
        const { logs } = await import('../../../../testnet/commands/logs.ts');
        await logs(context, directoryPath(context, name), options);
      }),
    );
  testnet
    .command('stop [targets...]')
    .description(
      'end nodes in order (default: all), for example v3 or v15..v21; a testnet may be named as well',
    )
    .action(
      action(cliProcess, async (context, _options, targets: string[]) => {
        const { name, nodes } = splitTargets(targets);
        await (await control()).endNodes(context, directoryPath(context, name), nodes, 'stop');
      }),
    );
  testnet
    .command('kill <targets...>')
    .description('end nodes at once (SIGKILL), for example v3 or v15..v21 or all')
    .action(
      action(cliProcess, async (context, _options, targets: string[]) => {
        const { name, nodes } = splitTargets(targets);
        await (await control()).endNodes(context, directoryPath(context, name), nodes, 'kill');
      }),
    );
  testnet
    .command('resume [targets...]')
    .description('start nodes that do not run (default: all)')
    .action(
      action(cliProcess, async (context, _options, targets: string[]) => {
        const { name, nodes } = splitTargets(targets);
        await (await control()).resumeNodes(context, directoryPath(context, name), nodes);
      }),
    );
  testnet
    .command('reset [name]')
    .description('forget a testnet that does not run: its chain, keys and logs')
    .option('--yes', 'do not ask')
    .action(
      action(cliProcess, async (context, options: { yes?: boolean }, name?: string) => {
        const { reset } = await import('../../../../testnet/commands/reset.ts');
        await reset(context, directoryPath(context, name), options);
      }),
    );
  testnet
    .command('down [name]')
    .description('end all nodes; data and logs stay')
    .action(
      action(cliProcess, async (context, _options, name?: string) => {
        await (await control()).endNodes(context, directoryPath(context, name), [], 'stop');
      }),
    );
}

const NODE_SELECTION = /^(all|[vo]\d+((\.\.|,)[vo]\d+)*)$/;

/** Arguments that select nodes, such as v3 or v15..v21 or all, and the name of a testnet, if one is among them. */
export function splitTargets(targets: readonly string[]): { nodes: string[]; name: string | undefined } {
  const nodes = targets.filter((target) => NODE_SELECTION.test(target));
  const [name, ...surplus] = targets.filter((target) => !NODE_SELECTION.test(target));
  if (surplus.length > 0) throw usageError(`neither nodes nor one testnet: ${surplus.join(' ')}`);
  return { nodes, name };
}

function directoryPath(context: CliContext, name: string | undefined): string {
  return context.global.dataDir ?? testnetHome(name ?? DEFAULT_NAME, context.process.env);
}
