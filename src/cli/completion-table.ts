import type { Argument, Command, Option } from 'commander';

/** What may stand as a value: one of a list, a file, or something that nobody can guess. */
export type ValueKind = 'file' | 'any' | readonly string[];

export interface OptionEntry {
  /** With its dashes. */
  readonly flag: string;
  readonly summary: string;
  /** Undefined for a flag that stands alone. */
  readonly value: ValueKind | undefined;
}

/** What can follow one command. */
export interface CommandEntry {
  /** The names from the first to this one, separated by spaces; empty for the program itself. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  readonly options: readonly OptionEntry[];
  /** Of its arguments; undefined if it has none. */
  readonly argument: ValueKind | undefined;
}

const FILE_WORDS = /file|dir|path|manifest|proof/;
/** What menus of shells have room for. */
const MAX_SUMMARY = 60;

/** The command tree as a shell needs it to complete a line; the options of the first entry are understood everywhere. */
export function completionTable(program: Command): CommandEntry[] {
  return entriesOf(program, '');
}

function entriesOf(command: Command, path: string): CommandEntry[] {
  const entry: CommandEntry = {
    path,
    commands: command.commands.map((child) => ({
      name: child.name(),
      summary: shortened(child.description()),
    })),
    options: command.options.filter(({ hidden }) => !hidden).map(optionEntry),
    argument: argumentKind(command.registeredArguments),
  };
  const below = command.commands.flatMap((child) => entriesOf(child, `${path} ${child.name()}`.trim()));
  return [entry, ...below];
}

function optionEntry(option: Option): OptionEntry {
  const takesValue = option.required || option.optional;
  const [, placeholder = ''] = /[<[]([^>\]]*)/.exec(option.flags) ?? [];
  return {
    flag: option.long ?? option.flags,
    summary: shortened(option.description),
    value: takesValue ? (option.argChoices ?? (FILE_WORDS.test(placeholder) ? 'file' : 'any')) : undefined,
  };
}

function argumentKind(all: readonly Argument[]): ValueKind | undefined {
  const choices = all.flatMap(({ argChoices }) => argChoices ?? []);
  if (choices.length > 0) return choices;
  if (all.length === 0) return undefined;
  return all.some((argument) => FILE_WORDS.test(argument.name())) ? 'file' : 'any';
}

/** The first clause, without what would need quotes in a shell. */
function shortened(text: string): string {
  const [clause = ''] = text.split(/;|: | \(/);
  const plain = clause.replace(/['"`$\\:[\]]/g, '');
  return plain.length <= MAX_SUMMARY ? plain : `${plain.slice(0, MAX_SUMMARY - 1)}…`;
}
