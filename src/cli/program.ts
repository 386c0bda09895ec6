import { Command, CommanderError } from 'commander';
import { errorMessage, NodeError } from '../util/errors.ts';
import { VERSION } from '../util/version.ts';
import { registerMiner } from './commands/chain/miner.ts';
import { registerTx } from './commands/chain/tx.ts';
import { registerValidators } from './commands/chain/validators.ts';
import { registerVerify } from './commands/chain/verify.ts';
import { registerBpci } from './commands/ledger/bpci.ts';
import { registerBpi } from './commands/ledger/bpi.ts';
import { registerCluster } from './commands/ledger/cluster.ts';
import { registerDocklock } from './commands/ledger/docklock.ts';
import { registerEconomy } from './commands/ledger/economy.ts';
import { registerInvite } from './commands/network/invite.ts';
import { registerPeers } from './commands/network/peers.ts';
import { registerBackup } from './commands/node/backup.ts';
import { registerConfig } from './commands/node/config.ts';
import { registerGenesis } from './commands/node/genesis.ts';
import { registerKeys } from './commands/node/keys.ts';
import { registerNode } from './commands/node/node.ts';
import { registerTestnet } from './commands/testnet/testnet.ts';
import { registerCompletion } from './commands/tools/completion.ts';
import { registerDebug } from './commands/tools/debug.ts';
import { registerDoctor } from './commands/tools/doctor.ts';
import { registerLimits } from './commands/tools/limits.ts';
import { registerSim } from './commands/tools/sim.ts';
import { registerUi } from './commands/tools/ui.ts';
import { registerVersion } from './commands/tools/version.ts';
import type { CliProcess, GlobalOptions } from './context.ts';
import { EXIT, EXIT_MEANINGS, exitCodeOf } from './exit-code.ts';
import { addNodeFlags } from './node-flags.ts';
import { Output, wantsColor } from './output.ts';
import { bindSettings } from './settings.ts';

/** The whole command tree. Actions load what they need when they run, so that help and small commands start fast. */
export function createProgram(cliProcess: CliProcess): Command {
  const program = new Command('metanode')
    .description('A peer-to-peer ledger node')
    .version(VERSION, '-V, --version', 'print the version')
    .option('--config <file>', 'YAML file of options: flags without their dashes as keys')
    .option(
      '--rpc <url>',
      'node to ask: http://…, https://… or unix:/path (default: that of --data-dir or the running testnet, or http://127.0.0.1:8545)',
    )
    .option('--rpc-ca <file>', 'certificates that the one of an https:// node may be signed by, PEM')
    .option('--token-file <file>', 'token for the node (also METANODE_TOKEN, the token itself)')
    .option('--json', 'print results as JSON')
    .option('--quiet', 'print results only')
    .option('--no-color', 'no colours')
    .configureOutput({
      writeOut: (text) => cliProcess.stdout.write(text),
      writeErr: (text) => cliProcess.stderr.write(text),
    })
    .addHelpText('after', exitCodeHelp)
    .showHelpAfterError('(add --help for the options)')
    .exitOverride();
  addNodeFlags(program, 'global');
  const registrations = [
    registerTestnet,
    registerNode,
    registerConfig,
    registerInvite,
    registerPeers,
    registerValidators,
    registerKeys,
    registerGenesis,
    registerTx,
    registerBpi,
    registerBpci,
    registerCluster,
    registerDocklock,
    registerEconomy,
    registerVerify,
    registerBackup,
    registerMiner,
    registerDebug,
    registerDoctor,
    registerUi,
    registerSim,
    registerLimits,
    registerCompletion,
    registerVersion,
  ];
  for (const register of registrations) register(program, cliProcess);
  inheritSettings(program);
  bindSettings(program, cliProcess.env);
  return program;
}

/** What scripts want to know, under the help of the program. */
function exitCodeHelp(): string {
  const names = Object.keys(EXIT) as (keyof typeof EXIT)[];
  return `\nExit codes:\n${names.map((name) => `  ${EXIT[name]}  ${EXIT_MEANINGS[name]}`).join('\n')}`;
}

/** Commands that were built apart get the output and exit behaviour of the program. */
function inheritSettings(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inheritSettings(child);
  }
}

/** Runs one command line and returns its exit code; errors are printed with their reason and hint. */
export async function runProgram(args: readonly string[], cliProcess: CliProcess = process): Promise<number> {
  const program = createProgram(cliProcess);
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (!(error instanceof CommanderError)) printError(cliProcess, error, program.opts<GlobalOptions>());
    return exitCodeOf(error);
  }
}

function printError(cliProcess: CliProcess, error: unknown, options: GlobalOptions): void {
  const color = wantsColor(options.color, cliProcess.env);
  const output = new Output(cliProcess.stdout, cliProcess.stderr, { json: false, quiet: false, color });
  if (error instanceof NodeError) output.error(`${error.code}: ${error.message}`, error.hint);
  else output.error(errorMessage(error), undefined);
}
