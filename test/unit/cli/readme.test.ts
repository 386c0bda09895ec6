import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Option } from 'commander';
import { createProgram } from '../../../src/cli/program.ts';
import { quietProcess } from '../../support/program.ts';
import { inlineCode, shellLines } from '../../support/readme.ts';

const program = createProgram(quietProcess().cliProcess);

function childOf(command: Command, name: string | undefined): Command | undefined {
  return command.commands.find((child) => child.name() === name || child.aliases().includes(name ?? ''));
}

function optionOf(command: Command, flag: string): Option | undefined {
  const own = command.options.find(({ long, short }) => long === flag || short === flag);
  return own ?? (command.parent === null ? undefined : optionOf(command.parent, flag));
}

function descendants(command: Command): Command[] {
  return [command, ...command.commands.flatMap(descendants)];
}

/** What of these words the program would not understand; undefined if nothing. */
function misunderstood(words: readonly string[]): string | undefined {
  let command = program;
  let rest = [...words];
  for (let child = childOf(command, rest[0]); child !== undefined; child = childOf(command, rest[0])) {
    command = child;
    rest = rest.slice(1);
  }
  if (rest[0]?.startsWith('<') && command.commands.length > 0) return undefined; // any of them
  if (command.commands.length > 0 && rest[0] !== undefined && !rest[0].startsWith('-')) return rest[0];
  const end = rest.findIndex((word) => word === '--' || /^[>|]$/.test(word));
  return (end < 0 ? rest : rest.slice(0, end))
    .filter((word) => word.startsWith('-'))
    .map((word) => word.split('=')[0] as string)
    .find((flag) => flag !== '--help' && optionOf(command, flag) === undefined);
}

/** Words of a command of the program, with its name before them or, as `testnet up`, without. */
function commandWords(code: string): string[] | undefined {
  const words = code.replaceAll(/\[|\]/g, '').trim().split(/\s+/);
  const isNamed = words[0] === 'metanode' || (words[0] === 'npx' && words[1] === 'metanode');
  if (isNamed) return words.slice(words[0] === 'npx' ? 2 : 1);
  const group = childOf(program, words[0]);
  return group !== undefined && childOf(group, words[1]) !== undefined ? words : undefined;
}

describe('The README', () => {
  it('names only commands and flags that the program has', () => {
    const commands = [...inlineCode(), ...shellLines()]
      .map((code) => ({ code, words: commandWords(code) }))
      .filter(({ words }) => words !== undefined && words.length > 0);
    assert.ok(commands.length > 60);
    for (const { code, words } of commands)
      assert.equal(misunderstood(words as string[]), undefined, `the program does not know: ${code}`);
  });

  it('names only flags that some command has', () => {
    const flags = inlineCode().flatMap((code) => /^--[\w-]+/.exec(code) ?? []);
    assert.ok(flags.length > 10);
    for (const flag of flags)
      assert.ok(
        descendants(program).some((command) => optionOf(command, flag)),
        flag,
      );
  });

  it('names only scripts that the package has', () => {
    const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'));
    const named = [...inlineCode(), ...shellLines()].flatMap((code) => [
      ...code.matchAll(/npm run ([\w:]+)/g),
    ]);
    assert.ok(named.length > 0);
    for (const [code, script] of named) assert.ok(Object.hasOwn(scripts, script as string), code);
  });
});
