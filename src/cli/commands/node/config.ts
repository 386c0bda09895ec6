import type { Command } from 'commander';
import type { OptionInEffect } from '../../../node/options.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { addNodeFlags, nodeOptionsOf } from '../../node-flags.ts';
import { renderTable } from '../../output.ts';

interface ShowOptions {
  origin?: boolean;
  running?: boolean;
}

/** `config`: what the options of a node come to. */
export function registerConfig(program: Command, cliProcess: CliProcess): void {
  const config = program.command('config').description('the options of a node, and where each is from');
  const show = config
    .command('show')
    .description('print the options with which `node start` would run, given the same flags')
    .option('--origin', 'say where each value is from: flag, variable, file and line, or default')
    .option('--running', 'ask the running node instead (needs the scope admin)');
  addNodeFlags(show, 'node').action(action(cliProcess, showConfig));
}

async function showConfig(context: CliContext, { origin, running }: ShowOptions): Promise<void> {
  const options = running === true ? await optionsOfRunning(context) : await optionsHere(context);
  const header = ['option', 'value', ...(origin === true ? ['origin'] : [])];
  const rows = options.map((option) => [
    option.name,
    valueText(option.value),
    ...(origin === true ? [originText(option)] : []),
  ]);
  context.output.result({ options }, renderTable(header, rows));
}

async function optionsHere(context: CliContext): Promise<readonly OptionInEffect[]> {
  const { optionsInEffect } = await import('../../../node/options.ts');
  const { options, origins } = nodeOptionsOf(context);
  return optionsInEffect(options, origins);
}

async function optionsOfRunning(context: CliContext): Promise<readonly OptionInEffect[]> {
  const { clientOf } = await import('../../rpc.ts');
  const { options } = await (await clientOf(context)).call('admin_config');
  return options.map(({ value, ...option }) => ({ ...option, value }));
}

function valueText(value: unknown): string {
  if (value === null) return '-';
  return Array.isArray(value) ? value.join(',') || '-' : String(value);
}

function originText({ origin, source }: OptionInEffect): string {
  return source === null ? origin : `${origin} ${source}`;
}
