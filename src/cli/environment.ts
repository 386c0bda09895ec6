import { type Command, CommanderError, InvalidArgumentError, type Option } from 'commander';

/** `--port-base` is also METANODE_PORT_BASE. */
export function environmentName(option: Option): string {
  return `METANODE_${(option.long ?? '').replace(/^--/, '').replaceAll('-', '_').toUpperCase()}`;
}

const FALSE_WORDS: ReadonlySet<string> = new Set(['', '0', 'false', 'no']);

/**
 * Lets every option of every command be given by its environment variable, too. A flag on the command line wins.
 * A boolean flag counts as absent if its variable is 0, false, no or empty.
 */
export function bindEnvironment(command: Command, environment: NodeJS.ProcessEnv): void {
  for (const option of command.options) {
    const name = environmentName(option);
    const isBoolean = !option.required && !option.optional;
    if (isBoolean && FALSE_WORDS.has((environment[name] ?? '').toLowerCase())) continue;
    option.env(name);
    listen(command, option);
  }
  for (const child of command.commands) bindEnvironment(child, environment);
}

/**
 * Commander tells a command of a variable by an event, for which it listens only if the variable was named before the
 * option was added to the command; here all options are there already.
 */
function listen(command: Command, option: Option): void {
  command.on(`optionEnv:${option.name()}`, (text?: string) => {
    const value = text === undefined ? !option.negate : parsed(command, option, text);
    command.setOptionValueWithSource(option.attributeName(), value, 'env');
  });
}

function parsed(command: Command, option: Option, text: string): unknown {
  if (option.parseArg === undefined) return text;
  try {
    return option.parseArg(text, undefined);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError || error instanceof CommanderError)) throw error;
    return command.error(
      `error: '${text}' of ${option.envVar} is no value of ${option.flags}: ${error.message}`,
      {
        code: 'commander.invalidArgument',
      },
    );
  }
}
