import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { SHELLS, type Shell } from '../../../../../src/cli/completion-scripts.ts';
import { createProgram } from '../../../../../src/cli/program.ts';
import { quietProcess, runInProcess } from '../../../../support/program.ts';

/** What each shell offers for a line, in its own words; `script` is completed by the words of the line. */
const ASK: Readonly<Record<Shell, (script: string, words: readonly string[]) => string>> = {
  bash: (script, words) => `${script}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_metanode; printf '%s\\n' "\${COMPREPLY[@]}"`,
  // The functions of its completion system exist only in an interactive shell.
  zsh: (script, words) => `compdef() { }
_describe() { print -l -- \${(M)\${(P)2}:#$PREFIX*} }
_files() { print -- /files }
${script}
words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}; PREFIX='${words.at(-1)}'
_metanode`,
  fish: (script, words) => `${script}
complete -C '${words.join(' ')}'`,
};

/** The names that a shell offers, without what it says of them. */
function offered(shell: Shell, script: string, words: readonly string[]): string[] {
  const text = execFileSync(shell, ['-c', ASK[shell](script, ['metanode', ...words])], { encoding: 'utf8' });
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => (line.startsWith('/') ? line : (line.split(/\t|:/)[0] as string)));
}

const withoutHidden = ({ options }: Command) => options.filter(({ hidden }) => !hidden);
const descendants = (command: Command): Command[] => [command, ...command.commands.flatMap(descendants)];

describe('metanode completion', () => {
  const program = createProgram(quietProcess().cliProcess);
  const scripts = new Map<Shell, string>();
  before(async () => {
    for (const shell of SHELLS) scripts.set(shell, (await runInProcess(['completion', shell])).stdout);
  });

  it('knows every command and every option, in each shell', () => {
    for (const [shell, script] of scripts)
      for (const command of descendants(program)) {
        assert.ok(script.includes(command.name()), `${shell}: ${command.name()}`);
        for (const { long } of withoutHidden(command))
          assert.ok(
            script.includes(shell === 'fish' ? `-l ${long?.slice(2)} ` : `${long}`),
            `${shell}: ${long}`,
          );
      }
  });

  it('refuses a shell that it has no script for', async () => {
    assert.equal((await runInProcess(['completion', 'cmd'])).code, 2);
  });

  for (const shell of SHELLS) {
    if (!['/bin', '/usr/bin', '/usr/local/bin'].some((directory) => existsSync(`${directory}/${shell}`))) {
      process.stderr.write(`completion in ${shell}: left out, it is not installed\n`);
      continue;
    }
    it(`offers what can follow, in ${shell}`, () => {
      const follow = (...words: string[]) => offered(shell, scripts.get(shell) ?? '', words);
      const names = (...path: string[]) =>
        path
          .reduce((command, name) => command.commands.find((one) => one.name() === name) as Command, program)
          .commands.map((command) => command.name());
      assert.deepEqual(follow('').sort(), names().sort());
      assert.deepEqual(follow('node', '').sort(), names('node').sort());
      assert.deepEqual(follow('node', 'token', '').sort(), names('node', 'token').sort());
      // The value of an option is no command, although there is one of its name.
      assert.deepEqual(follow('--rpc', 'tx', 'node', '').sort(), names('node').sort());
      assert.deepEqual(follow('node', 'start', '--name', 'token', '--log-level', 'tra'), ['trace']);
      const flags = follow('node', 'start', '--rpc-');
      for (const flag of ['--rpc-listen', '--rpc-tls-cert', '--rpc-ca'])
        assert.ok(flags.includes(flag), flag);
      assert.ok(!flags.includes('--loopback-testnet'));
      assert.deepEqual(
        follow('completion', 'f').filter((name) => name.startsWith('f')),
        ['fish'],
      );
    });

    it(`offers files where one is meant, in ${shell}`, () => {
      for (const words of [
        ['genesis', 'hash', '/etc/host'],
        ['node', 'init', '--genesis', '/etc/host'],
      ]) {
        const files = offered(shell, scripts.get(shell) ?? '', words);
        assert.ok(
          files.some((file) => file.startsWith('/')),
          `${words}: ${files}`,
        );
      }
    });
  }
});
