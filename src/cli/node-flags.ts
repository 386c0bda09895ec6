import { type Command, Option } from 'commander';
import * as z from 'zod';
import {
  NODE_OPTIONS,
  type NodeOption,
  type NodeOptions,
  type NodeOptionsInput,
  NodeOptionsSchema,
  type OptionOrigins,
} from '../node/options.ts';
import type { CliContext } from './context.ts';
import { usageError } from './exit-code.ts';
import { decimal, duration, listOf } from './parse.ts';

/** Adds the flags of the table of node options: those that every command takes, or those of a node alone. */
export function addNodeFlags(command: Command, which: 'global' | 'node'): Command {
  for (const option of NODE_OPTIONS)
    if ((option.flag.global === true) === (which === 'global')) command.addOption(flagOf(option));
  return command;
}

/** What the type of an option's schema says of its text. */
function flagOf({ schema, flag }: NodeOption): Option {
  const option = new Option(flag.flag, flag.summary).hideHelp(flag.hidden ?? false);
  const type = innermost(schema);
  const preset = schema.safeParse(undefined).data;
  const isShown = preset !== undefined && typeof preset !== 'boolean' && !isEmptyList(preset);
  if (isShown) option.default(preset, flag.duration === true ? `${preset}ms` : undefined);
  if (type instanceof z.ZodEnum) option.choices(type.options.map(String));
  if (type instanceof z.ZodArray) option.argParser(listOf);
  if (type instanceof z.ZodNumber) option.argParser(flag.duration === true ? duration : decimal);
  return option;
}

function innermost(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodOptional
    ? innermost(schema.unwrap() as z.ZodType)
    : schema;
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** The options of a node as flags, environment, file and defaults give them. @throws NodeError USAGE */
export function nodeOptionsOf(context: CliContext): { options: NodeOptions; origins: OptionOrigins } {
  const input: Partial<Record<keyof NodeOptions, unknown>> = {};
  const origins: OptionOrigins = Object.fromEntries(
    NODE_OPTIONS.map((option) => {
      const attribute = flagOf(option).attributeName();
      input[option.name] = option.name === 'dataDir' ? context.dataDir : context.optionValue(attribute);
      return [option.name, context.originOf(attribute)];
    }),
  );
  const parsed = NodeOptionsSchema.safeParse(input as NodeOptionsInput);
  if (parsed.success) return { options: parsed.data, origins };
  const [issue] = parsed.error.issues;
  const option = NODE_OPTIONS.find(({ name }) => name === issue?.path[0]);
  throw usageError(`--${option?.key}: ${issue?.message}`);
}
