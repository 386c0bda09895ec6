import { Command, CommanderError, Option } from 'commander';
import { errorMessage, NodeError } from '../util/errors.ts';
import { LOG_LEVELS } from '../util/logger.ts';
import { VERSION } from '../util/version.ts';
import { registerBpci } from './commands/bpci.ts';
import { registerBpi } from './commands/bpi.ts';
import { registerCluster } from './commands/cluster.ts';
import { registerDebug } from './commands/debug.ts';
import { registerDocklock } from './commands/docklock.ts';
import { registerEconomy } from './commands/economy.ts';
import { registerGenesis } from './commands/genesis.ts';
import { registerInvite } from './commands/invite.ts';
import { registerKeys } from './commands/keys.ts';
import { registerLimits } from './commands/limits.ts';
import { registerMiner } from './commands/miner.ts';
import { registerNode } from './commands/node.ts';
import { registerPeers } from './commands/peers.ts';
import { registerSim } from './commands/sim.ts';
import { registerTestnet } from './commands/testnet.ts';
import { registerTx } from './commands/tx.ts';
import { registerVerify } from './commands/verify.ts';
import { registerVersion } from './commands/version.ts';
import type { CliProcess } from './context.ts';
import { bindEnvironment } from './environment.ts';
import { exitCodeOf } from './exit-code.ts';
import { Output } from './output.ts';

/** The whole command tree. Actions load what they need when they run, so that help and small commands start fast. */
export function createProgram(cliProcess: CliProcess): Command {
  const program = new Command('metanode')
    .description('A peer-to-peer ledger node')
    .version(VERSION, '-V, --version', 'print the version')
    .option('--data-dir <dir>', 'where the node or the testnet keeps its data')
    .option(
      '--rpc <url>',
      'JSON-RPC of the node to ask (default: the running testnet, or http://127.0.0.1:8545)',
    )
    .option('--json', 'print results as JSON')
    .option('--quiet', 'print results only')
    .option('--no-color', 'no colours')
    .addOption(new Option('--log-level <level>', 'least severe log line').choices(LOG_LEVELS).default('info'))
    .configureOutput({
      writeOut: (text) => cliProcess.stdout.write(text),
      writeErr: (text) => cliProcess.stderr.write(text),
    })
    .showHelpAfterError('(add --help for the options)')
    .exitOverride();
  const registrations = [
    registerTestnet,
    registerNode,
    registerInvite,
    registerPeers,
    registerKeys,
    registerGenesis,
    registerTx,
    registerBpi,
    registerBpci,
    registerCluster,
    registerDocklock,
    registerEconomy,
    registerVerify,
    registerMiner,
    registerDebug,
    registerSim,
    registerLimits,
    registerVersion,
  ];
  for (const register of registrations) register(program, cliProcess);
  inheritSettings(program);
  bindEnvironment(program, cliProcess.env);
  return program;
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
  try {
    await createProgram(cliProcess).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (!(error instanceof CommanderError)) printError(cliProcess, error, args);
    return exitCodeOf(error);
  }
}

function printError(cliProcess: CliProcess, error: unknown, args: readonly string[]): void {
  const color = cliProcess.stdout.isTTY === true && !args.includes('--no-color');
  const output = new Output(cliProcess.stdout, cliProcess.stderr, { json: false, quiet: false, color });
  if (error instanceof NodeError) output.error(`${error.code}: ${error.message}`, error.hint);
  else output.error(errorMessage(error), undefined);
}
