import { type Command, InvalidArgumentError, type Option } from 'commander';
import { DEFAULT_ORIGIN, type OptionOrigin } from '../node/options.ts';
import { usageError } from './exit-code.ts';
import { type Setting, settingsError } from './setting.ts';

/** Options that are no settings: what they do ends the command, or is where settings are read from. */
const NO_SETTINGS: ReadonlySet<string> = new Set(['version', 'config']);
const FALSE_WORDS: ReadonlySet<string> = new Set(['', '0', 'false', 'no']);

/** `--port-base` is `port-base` in YAML. */
export function settingKey(option: Option): string {
  return (option.long ?? '').replace(/^--/, '');
}

/** `--port-base` is also METANODE_PORT_BASE. */
export function environmentName(option: Option): string {
  return `METANODE_${settingKey(option).replaceAll('-', '_').toUpperCase()}`;
}

/**
 * Lets every option of every command be given by its environment variable and by the file of `--config`, too: a flag
 * wins over the environment, the environment over the file, the file over the default. What is given for options that
 * the command does not have is left alone, but a key of the file must be an option of some command.
 */
export function bindSettings(program: Command, environment: NodeJS.ProcessEnv): void {
  const commands = descendants(program);
  const settings = new Settings(commands, environment);
  for (const command of commands) {
    for (const option of command.options) {
      if (isSetting(option)) option.env(environmentName(option));
      forgetWhatAFlagReplaces(command, option);
    }
    // Before a command reads its part of the command line, what came from elsewhere is there for flags to replace.
    command.hook('preSubcommand', async (parent, child) => {
      if (parent === program) {
        settings.readFile();
        await settings.apply(program);
      }
      await settings.apply(child);
    });
  }
}

function descendants(command: Command): Command[] {
  return [command, ...command.commands.flatMap(descendants)];
}

function isSetting(option: Option): boolean {
  return !NO_SETTINGS.has(settingKey(option));
}

/** Flags that are repeated add up, but not to what a file, a variable or the default said. */
function forgetWhatAFlagReplaces(command: Command, option: Option): void {
  const parse = option.parseArg;
  if (parse === undefined) return;
  const name = option.attributeName();
  option.argParser((text: string, previous: unknown) =>
    parse(text, command.getOptionValueSource(name) === 'cli' ? previous : undefined),
  );
}

class Settings {
  readonly #keys: ReadonlySet<string>;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #program: Command;
  #file: Promise<ReadonlyMap<string, Setting>> = Promise.resolve(new Map());

  constructor(commands: readonly Command[], environment: NodeJS.ProcessEnv) {
    this.#keys = new Set(commands.flatMap(({ options }) => options.filter(isSetting).map(settingKey)));
    this.#environment = environment;
    this.#program = commands[0] as Command;
  }

  async apply(command: Command): Promise<void> {
    const file = await this.#file;
    for (const option of command.options.filter(isSetting)) {
      // The options of the program have been read from the command line already.
      if (command.getOptionValueSource(option.attributeName()) === 'cli') continue;
      const variable = this.#environment[environmentName(option)];
      const setting = file.get(settingKey(option));
      if (variable !== undefined) setFromVariable(command, option, variable);
      else if (setting !== undefined) setFromFile(command, option, setting);
    }
  }

  /** Reads the file of `--config`, if there is one; what is wrong with it is thrown when settings are applied. */
  readFile(): void {
    this.#file = this.#settingsOf(
      this.#program.getOptionValue('config') ?? this.#environment.METANODE_CONFIG,
    );
  }

  async #settingsOf(path: string | undefined): Promise<ReadonlyMap<string, Setting>> {
    if (path === undefined) return new Map();
    const { readSettings } = await import('./settings-file.ts');
    return readSettings(path, this.#keys);
  }
}

function isFlagAlone(option: Option): boolean {
  return !option.required && !option.optional;
}

function setFromVariable(command: Command, option: Option, text: string): void {
  const name = option.attributeName();
  const set = (value: unknown) => command.setOptionValueWithSource(name, value, 'env');
  if (isFlagAlone(option)) {
    set(FALSE_WORDS.has(text.toLowerCase()) === option.negate);
    return;
  }
  const refusal = tryParse(option, text, set);
  if (refusal !== undefined)
    throw usageError(`${text} of ${environmentName(option)} is no value of ${option.flags}: ${refusal}`);
}

function setFromFile(command: Command, option: Option, { key, value, isList, file, line }: Setting): void {
  const name = option.attributeName();
  const bad = (why: string) =>
    settingsError('CONFIG_BAD_VALUE', file, line, {
      message: `${String(value)} is no value of ${key}: ${why}`,
      data: { key },
    });
  const set = (parsed: unknown) => {
    if (isList && !Array.isArray(parsed)) throw bad('it takes one value, not a list');
    command.setOptionValueWithSource(name, parsed, `${file}:${line}`);
  };
  if (typeof value === 'boolean') {
    if (option.required) throw bad('expected a value');
    set(value !== option.negate);
    return;
  }
  if (isFlagAlone(option)) throw bad('expected true or false');
  const refusal = tryParse(option, value, set);
  if (refusal !== undefined) throw bad(refusal);
}

/** Hands the parsed text on, or says why it is no value of the option. */
function tryParse(option: Option, text: string, use: (value: unknown) => void): string | undefined {
  let value: unknown;
  try {
    value = option.parseArg === undefined ? text : option.parseArg(text, undefined);
  } catch (error) {
    if (error instanceof InvalidArgumentError) return error.message;
    throw error;
  }
  use(value);
  return undefined;
}

/** Where the value of an option of this command, or of those above it, is from; `name` is its name in code. */
export function originOf(command: Command, name: string): OptionOrigin {
  const source = command.getOptionValueSourceWithGlobals(name);
  const owner = ownerOf(command, name);
  const option = owner?.options.find((one) => one.attributeName() === name);
  if (source === undefined || source === 'default' || option === undefined) return DEFAULT_ORIGIN;
  if (source === 'cli') return { kind: 'flag', source: `--${settingKey(option)}` };
  if (source === 'env') return { kind: 'env', source: environmentName(option) };
  return { kind: 'file', source };
}

function ownerOf(command: Command | null, name: string): Command | undefined {
  for (let one = command; one !== null; one = one.parent)
    if (one.options.some((option) => option.attributeName() === name)) return one;
  return undefined;
}
