import type { CommandEntry, OptionEntry, ValueKind } from './completion-table.ts';

/**
 * Scripts that complete a `metanode` line in a shell. Each walks over the words before the cursor: a word that makes a
 * longer path of a command goes on to it, and the value of an option is skipped. Then it offers what can follow.
 */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export function completionScript(shell: Shell, table: readonly CommandEntry[]): string {
  if (shell === 'bash') return bash(table);
  return shell === 'zsh' ? zsh(table) : fish(table);
}

const everywhere = (table: readonly CommandEntry[]): readonly OptionEntry[] => table[0]?.options ?? [];
const pathsOf = (table: readonly CommandEntry[]) => table.flatMap(({ path }) => (path === '' ? [] : [path]));
const quoted = (text: string) => `'${text}'`;
const isList = (value: ValueKind | undefined): value is readonly string[] => Array.isArray(value);

/** The options that take a value, as patterns of `path --flag`; those of the program fit every path. */
function valuePatterns(table: readonly CommandEntry[], pick: (value: ValueKind) => boolean): string {
  const patterns = table.flatMap(({ path, options }) =>
    options
      .filter(({ value }) => value !== undefined && pick(value))
      .map(({ flag }) => (path === '' ? `*${quoted(` ${flag}`)}` : quoted(`${path} ${flag}`))),
  );
  return patterns.join('|') || quoted('');
}

/** The lines of a `case` over `path --flag` that offer the values of an option with choices. */
function choiceCases(table: readonly CommandEntry[], offer: (choices: readonly string[]) => string): string {
  return table
    .flatMap(({ path, options }) =>
      options.flatMap(({ flag, value }) => {
        const pattern = path === '' ? `*${quoted(` ${flag}`)}` : quoted(`${path} ${flag}`);
        return isList(value) ? [`    ${pattern}) ${offer(value)} ;;`] : [];
      }),
    )
    .join('\n');
}

/** For bash 3.2 and later, which has no associative arrays. */
function bash(table: readonly CommandEntry[]): string {
  const globals = everywhere(table).map(({ flag }) => flag);
  const words = table.map(({ path, commands, options, argument }) => {
    const own = path === '' ? [] : options.map(({ flag }) => flag);
    const first = [...commands.map(({ name }) => name), ...(isList(argument) ? argument : [])];
    return `    ${quoted(path)}) words='${first.join(' ')}'; flags='${[...own, ...globals].join(' ')}'; files=${argument === 'file' ? 1 : 0} ;;`;
  });
  return `# bash completion of metanode: source <(metanode completion bash)
_metanode() {
  local current=\${COMP_WORDS[COMP_CWORD]} path='' option='' word longer words='' flags='' files=0 i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [ -n "$option" ]; then option=''; continue; fi
    case "$path $word" in
    ${valuePatterns(table, () => true)}) option="$path $word"; continue ;;
    esac
    longer="\${path:+$path }$word"
    case "$longer" in
    ${pathsOf(table).map(quoted).join('|')}) path=$longer ;;
    esac
  done
  if [ -n "$option" ]; then
    case "$option" in
${choiceCases(table, (choices) => `words='${choices.join(' ')}'`)}
    ${valuePatterns(table, (value) => value === 'file')}) files=1 ;;
    esac
  else
    case "$path" in
${words.join('\n')}
    esac
    case "$current" in -*) words=$flags; files=0 ;; esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ "$files" = 1 ]; then COMPREPLY+=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _metanode metanode
`;
}

function zsh(table: readonly CommandEntry[]): string {
  const described = (name: string, summary: string) => quoted(`${name}:${summary}`);
  const flagsOf = (options: readonly OptionEntry[]) =>
    options.map(({ flag, summary }) => described(flag, summary)).join(' ');
  const words = table.map(({ path, commands, options, argument }) => {
    const first = [
      ...commands.map(({ name, summary }) => described(name, summary)),
      ...(isList(argument) ? argument.map(quoted) : []),
    ];
    const own = path === '' ? '' : flagsOf(options);
    return `    ${quoted(path)}) words_here=(${first.join(' ')}); flags=(${own}); files=${argument === 'file' ? 1 : 0} ;;`;
  });
  return `#compdef metanode
# zsh completion of metanode: source <(metanode completion zsh), after compinit
_metanode() {
  local command_path='' option='' word longer files=0
  local -a words_here flags
  integer i
  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
    if [[ -n $option ]]; then option=''; continue; fi
    case "$command_path $word" in
    ${valuePatterns(table, () => true)}) option="$command_path $word"; continue ;;
    esac
    longer="\${command_path:+$command_path }$word"
    case "$longer" in
    ${pathsOf(table).map(quoted).join('|')}) command_path=$longer ;;
    esac
  done
  if [[ -n $option ]]; then
    case "$option" in
${choiceCases(table, (choices) => `words_here=(${choices.map(quoted).join(' ')})`)}
    ${valuePatterns(table, (value) => value === 'file')}) files=1 ;;
    esac
  else
    case "$command_path" in
${words.join('\n')}
    esac
    if [[ $PREFIX == -* ]]; then
      words_here=($flags ${flagsOf(everywhere(table))})
      files=0
    fi
  fi
  (( $#words_here )) && _describe metanode words_here
  (( files )) && _files
  return 0
}
compdef _metanode metanode
`;
}

function fish(table: readonly CommandEntry[]): string {
  const valued = table.flatMap(({ path, options }) =>
    options.filter(({ value }) => value !== undefined).map(({ flag }) => quoted(`${path} ${flag}`.trim())),
  );
  const at = (path: string) => `-n ${quoted(`__metanode_at "${path}"`)}`;
  const option = ({ flag, summary, value }: OptionEntry, where: string) =>
    [
      `complete -c metanode ${where}`.trim(),
      `-l ${flag.replace(/^--/, '')} -d ${quoted(summary)}`,
      ...(value === undefined ? [] : value === 'file' ? ['-rF'] : ['-x']),
      ...(isList(value) ? [`-a ${quoted(value.join(' '))}`] : []),
    ].join(' ');
  const lines = table.flatMap(({ path, commands, options, argument }) => [
    ...commands.map(
      ({ name, summary }) => `complete -c metanode ${at(path)} -a ${quoted(name)} -d ${quoted(summary)}`,
    ),
    ...options.map((one) => option(one, path === '' ? '' : at(path))),
    ...(isList(argument) ? [`complete -c metanode ${at(path)} -a ${quoted(argument.join(' '))}`] : []),
    ...(argument === 'file' ? [`complete -c metanode ${at(path)} -F`] : []),
  ]);
  return `# fish completion of metanode: metanode completion fish | source
function __metanode_at
    set -l commands ${pathsOf(table).map(quoted).join(' ')}
    set -l valued ${valued.join(' ')}
    set -l path ''
    set -l skip 0
    for word in (commandline -opc)[2..]
        if test $skip = 1
            set skip 0
        else if contains -- (string trim -- "$path $word") $valued; or contains -- $word $valued
            set skip 1
        else if contains -- (string trim -- "$path $word") $commands
            set path (string trim -- "$path $word")
        end
    end
    test "$path" = "$argv[1]"
end
complete -c metanode -f
${lines.join('\n')}
`;
}
