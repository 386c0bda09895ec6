import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import type { OptionOrigin } from '../node/options.ts';
import { Output, wantsColor } from './output.ts';
import { dataHome } from './paths.ts';
import type { TerminalStream } from './progress-line.ts';
import { originOf } from './settings.ts';

/** What a command may touch of the process around it; tests give their own. */
export interface CliProcess {
  readonly stdin: Readable;
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  readonly env: NodeJS.ProcessEnv;
}

/** The options that every command takes. */
export interface GlobalOptions {
  config?: string;
  dataDir?: string;
  rpc?: string;
  rpcCa?: string;
  tokenFile?: string;
  json?: boolean;
  quiet?: boolean;
  color: boolean;
  logLevel: string;
}

/** What the action of a command receives beside its own arguments. */
export interface CliContext {
  readonly process: CliProcess;
  readonly output: Output;
  readonly global: GlobalOptions;
  /** `--data-dir`, or where metanode keeps its data by default. */
  readonly dataDir: string;
  /** Where the value of an option is from, by the option's name in code. */
  originOf(option: string): OptionOrigin;
  /** The value of an option of this command or of those above it, by the option's name in code. */
  optionValue(option: string): unknown;
}

export function createContext(cliProcess: CliProcess, command: Command): CliContext {
  const global = command.optsWithGlobals<GlobalOptions>();
  const output = new Output(cliProcess.stdout, cliProcess.stderr, {
    json: global.json ?? false,
    quiet: global.quiet ?? false,
    color: wantsColor(global.color, cliProcess.env),
  });
  const dataDir = global.dataDir ?? dataHome(cliProcess.env);
  return {
    process: cliProcess,
    output,
    global,
    dataDir,
    originOf: (option) => originOf(command, option),
    optionValue: (option) => command.optsWithGlobals()[option],
  };
}

/**
 * Fits a handler to commander, which passes the arguments, then the options, then the command.
 * `Arguments` are the positional arguments in order.
 */
export function action<Arguments extends unknown[], Options>(
  cliProcess: CliProcess,
  handler: (context: CliContext, options: Options, ...positional: Arguments) => Promise<void> | void,
): (...received: unknown[]) => Promise<void> {
  return async (...received) => {
    const command = received.at(-1) as Command;
    const options = received.at(-2) as Options;
    const positional = received.slice(0, -2) as Arguments;
    const context = createContext(cliProcess, command);
    try {
      await handler(context, options, ...positional);
    } finally {
      context.output.progress(undefined);
    }
  };
}
