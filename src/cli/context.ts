import type { Readable, Writable } from 'node:stream';
import type { Command } from 'commander';
import { Output } from './output.ts';
import { dataHome } from './paths.ts';

/** What a command may touch of the process around it; tests give their own. */
export interface CliProcess {
  readonly stdin: Readable;
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable;
  readonly env: NodeJS.ProcessEnv;
}

/** The options that every command takes. */
export interface GlobalOptions {
  dataDir?: string;
  rpc?: string;
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
  originOf(option: string): 'flag' | 'env' | 'default';
}

export function createContext(cliProcess: CliProcess, command: Command): CliContext {
  const global = command.optsWithGlobals<GlobalOptions>();
  const color = global.color && cliProcess.stdout.isTTY === true && (cliProcess.env.NO_COLOR ?? '') === '';
  const output = new Output(cliProcess.stdout, cliProcess.stderr, {
    json: global.json ?? false,
    quiet: global.quiet ?? false,
    color,
  });
  const originOf = (option: string) => {
    const source = command.getOptionValueSourceWithGlobals(option);
    return source === 'cli' ? 'flag' : source === 'env' ? 'env' : 'default';
  };
  const dataDir = global.dataDir ?? dataHome(cliProcess.env);
  return { process: cliProcess, output, global, dataDir, originOf };
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
    await handler(createContext(cliProcess, command), options, ...positional);
  };
}
