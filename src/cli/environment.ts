import type { Command, Option } from 'commander';

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
  }
  for (const child of command.commands) bindEnvironment(child, environment);
}
