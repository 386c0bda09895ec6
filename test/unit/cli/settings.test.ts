import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command, Option } from 'commander';
import { EXIT, exitCodeOf } from '../../../src/cli/exit-code.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { environmentName, originOf, settingKey } from '../../../src/cli/settings.ts';
import { NODE_OPTIONS } from '../../../src/node/options.ts';
import { errorCode } from '../../../src/util/errors.ts';
import { quietProcess, runInProcess } from '../../support/program.ts';

type Way = 'flag' | 'env' | 'file';
interface Given {
  readonly value: unknown;
  readonly kind: string;
  readonly source: string | null;
}

const PARSED_ELSEWHERE = new Set(['--version', '--config']);
/** Texts that one parser or another takes; for each option three of them that differ, if there are. */
const SAMPLES = [
  '7',
  '8',
  '9',
  '2s',
  '3s',
  '4s',
  'GEN',
  'NEX',
  `0x${'ab'.repeat(32)}`,
  'GEN:a=1',
  'a=1',
  'x',
];

function leaves(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

function pathOf(command: Command): string[] {
  return command.parent === null ? [] : [...pathOf(command.parent), command.name()];
}

/** The options that a command takes, those of the program included. */
function optionsOf(command: Command): Option[] {
  const above = command.parent === null ? [] : optionsOf(command.parent);
  return [...above, ...command.options].filter(({ long }) => !PARSED_ELSEWHERE.has(long ?? ''));
}

function samplesOf(option: Option): string[] {
  const candidates = [...(option.argChoices ?? []), ...SAMPLES];
  const taken = candidates.filter((text) => {
    try {
      option.parseArg?.(text, undefined);
      return true;
    } catch {
      return false;
    }
  });
  assert.ok(taken.length > 0, `no sample for ${option.flags}`);
  return taken;
}

const isAlone = (option: Option) => !option.required && !option.optional;
const find = (program: Command, path: readonly string[]) =>
  path.reduce((command, name) => command.commands.find((child) => child.name() === name) as Command, program);

describe('options of the command line', () => {
  // One program for all: to make the whole tree anew for each command line takes longer than to read it.
  const environment: NodeJS.ProcessEnv = {};
  const program = createProgram(quietProcess(environment).cliProcess);
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'metanode-settings-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const fileOf = (text: string): string => {
    const file = join(directory, 'config.yaml');
    writeFileSync(file, text);
    return file;
  };

  /** Runs a command line whose action only notes what options it was given. */
  async function given(
    path: readonly string[],
    args: readonly string[],
    env: NodeJS.ProcessEnv,
  ): Promise<Map<string, Given>> {
    for (const name of Object.keys(environment)) delete environment[name];
    Object.assign(environment, env);
    const command = find(program, path);
    const seen = new Map<string, Given>();
    for (const argument of command.registeredArguments)
      argument.argParser((text: string, previous: unknown) => (argument.variadic ? [previous, text] : text));
    command.action(() => {
      const values = command.optsWithGlobals();
      for (const option of optionsOf(command)) {
        const name = option.attributeName();
        seen.set(settingKey(option), { value: values[name], ...originOf(command, name) });
      }
    });
    const positional = command.registeredArguments.filter(({ required }) => required).map(() => 'x');
    await program.parseAsync([...path, ...args, ...positional], { from: 'user' });
    return seen;
  }

  /** Gives every option of a command in one way. */
  function inOneWay(way: Way, options: readonly Option[], pick: (option: Option) => string) {
    if (way === 'flag') {
      // One argument, so that what follows it is none of its values.
      const args = options.map((option) =>
        isAlone(option) ? option.long : `${option.long}=${pick(option)}`,
      );
      return { args: args as string[], env: {} };
    }
    if (way === 'env') {
      const env = options.map((option) => [environmentName(option), isAlone(option) ? '1' : pick(option)]);
      return { args: [], env: Object.fromEntries(env) as NodeJS.ProcessEnv };
    }
    const lines = options.map((option) => {
      const text = pick(option);
      return `${settingKey(option)}: ${isAlone(option) ? true : JSON.stringify(text)}\n`;
    });
    return { args: ['--config', fileOf(lines.join(''))], env: {} };
  }

  it('mean the same as flag, as variable and in YAML, each of every command, and tell where they are from', async () => {
    let checked = 0;
    for (const { path, options } of leaves(program).map((leaf) => ({
      path: pathOf(leaf),
      options: optionsOf(leaf),
    }))) {
      const first = (option: Option) => samplesOf(option)[0] as string;
      const seen: Partial<Record<Way, Map<string, Given>>> = {};
      for (const way of ['flag', 'env', 'file'] as const) {
        const { args, env } = inOneWay(way, options, first);
        seen[way] = await given(path, args, env);
      }
      options.forEach((option, index) => {
        const key = settingKey(option);
        const where = `${path.join(' ')} --${key}`;
        const [flag, env, file] = [seen.flag?.get(key), seen.env?.get(key), seen.file?.get(key)];
        assert.deepEqual(env?.value, flag?.value, where);
        assert.deepEqual(file?.value, flag?.value, where);
        assert.deepEqual([flag?.kind, flag?.source], ['flag', `--${key}`], where);
        assert.deepEqual([env?.kind, env?.source], ['env', environmentName(option)], where);
        const line = `${join(directory, 'config.yaml')}:${index + 1}`;
        assert.deepEqual([file?.kind, file?.source], ['file', line], where);
        checked++;
      });
    }
    assert.ok(checked > 500, `only ${checked} options`);
  });

  it('are taken from the flag before the variable, from that before the file, from that before the default', async () => {
    const path = ['node', 'start'];
    const options = optionsOf(find(program, path));
    const valued = options.filter((one) => !isAlone(one));
    const sample = (index: number) => (option: Option) => samplesOf(option)[index] as string;
    const ways = [
      inOneWay('flag', valued, sample(0)),
      inOneWay('env', valued, sample(1)),
      inOneWay('file', valued, sample(2)),
    ];
    for (const [first, kind] of ['flag', 'env', 'file', 'default'].entries()) {
      const used = ways.slice(first);
      const seen = await given(
        path,
        used.flatMap(({ args }) => args),
        Object.assign({}, ...used.map(({ env }) => env)),
      );
      const alone = first < ways.length ? inOneWay('flag', valued, sample(first)) : { args: [] };
      const expected = await given(path, alone.args, {});
      for (const option of valued) {
        const key = settingKey(option);
        assert.equal(seen.get(key)?.kind, kind, key);
        assert.deepEqual(seen.get(key)?.value, expected.get(key)?.value, key);
      }
    }
  });

  it('that are switched off by a variable stay off, whatever the file says', async () => {
    const config = ['--config', fileOf('insecure-keys: true\nno-mining: true\n')];
    const on = await given(['node', 'start'], config, {});
    assert.deepEqual([on.get('insecure-keys')?.value, on.get('no-mining')?.value], [true, false]);
    const off = await given(['node', 'start'], config, {
      METANODE_INSECURE_KEYS: '0',
      METANODE_NO_MINING: 'false',
    });
    assert.deepEqual([off.get('insecure-keys')?.value, off.get('no-mining')?.value], [false, true]);
  });

  it('that may be repeated are a list in YAML, and a flag replaces all of it', async () => {
    const config = ['--config', fileOf('bootnode:\n  - /ip4/10.0.0.1/tcp/1\n  - /ip4/10.0.0.2/tcp/1\n')];
    const fromFile = await given(['node', 'start'], config, {});
    assert.deepEqual(fromFile.get('bootnode')?.value, ['/ip4/10.0.0.1/tcp/1', '/ip4/10.0.0.2/tcp/1']);
    const flags = ['--bootnode', 'a', '--bootnode', 'b'];
    assert.deepEqual((await given(['node', 'start'], [...config, ...flags], {})).get('bootnode')?.value, [
      'a',
      'b',
    ]);
  });

  it('are refused with file and line where the file is wrong', async () => {
    const cases: readonly [string, string, number][] = [
      ['name: a\n\nrpc-lisen: 127.0.0.1:1\n', 'CONFIG_UNKNOWN_KEY', 3],
      ['name: a\nconfig: other.yaml\n', 'CONFIG_UNKNOWN_KEY', 2],
      ['name: a\nmax-peers: many\n', 'CONFIG_BAD_VALUE', 2],
      ['max-peers: [1, 2]\n', 'CONFIG_BAD_VALUE', 1],
      ['name:\n  first: a\n', 'CONFIG_BAD_VALUE', 1],
      ['\ninsecure-keys: perhaps\n', 'CONFIG_BAD_VALUE', 2],
      ['name: true\n', 'CONFIG_BAD_VALUE', 1],
      ['name: a\nname: b\n', 'CONFIG_MALFORMED', 2],
      ['name: [a\n', 'CONFIG_MALFORMED', 2],
      ['- name\n', 'CONFIG_MALFORMED', 1],
      ['listen: &a x\nname: *a\n', 'CONFIG_BAD_VALUE', 2],
    ];
    for (const [text, code, line] of cases) {
      const config = ['--config', fileOf(text)];
      const error = await given(['node', 'start'], config, {}).then(
        () => assert.fail(`taken: ${text}`),
        (thrown: unknown) => thrown as Error & { data: { line: number } },
      );
      assert.equal(errorCode(error), code, `${text}: ${error.message}`);
      assert.equal(error.data.line, line, text);
      assert.equal(exitCodeOf(error), EXIT.usage);
    }
    const config = ['--config', join(directory, 'absent.yaml')];
    await assert.rejects(given(['node', 'start'], config, {}), { code: 'CONFIG_UNREADABLE' });
  });

  it('are shown with value and origin by config show, those that no flag set included', async () => {
    const config = fileOf('max-peers: 9\nbootnode: [/ip4/10.0.0.1/tcp/1]\n');
    const { code, stdout, stderr } = await runInProcess(
      ['config', 'show', '--origin', '--json', '--config', config, '--rpc-listen', '0.0.0.0:9000'],
      { METANODE_BASE_TIMEOUT: '2s', METANODE_DATA_DIR: directory },
    );
    assert.equal(code, EXIT.ok, stderr);
    const options: { name: string; value: unknown; origin: string; source: string | null }[] =
      JSON.parse(stdout).options;
    assert.deepEqual(
      options.map(({ name }) => name),
      NODE_OPTIONS.map(({ key }) => key),
    );
    const shown = (name: string) => options.find((option) => option.name === name);
    const is = (name: string, value: unknown, origin: string, source: string | null) =>
      assert.deepEqual(shown(name), { name, value, origin, source });
    is('max-peers', 9, 'file', `${config}:1`);
    is('bootnode', ['/ip4/10.0.0.1/tcp/1'], 'file', `${config}:2`);
    is('rpc-listen', '0.0.0.0:9000', 'flag', '--rpc-listen');
    is('base-timeout', 2_000, 'env', 'METANODE_BASE_TIMEOUT');
    is('data-dir', directory, 'env', 'METANODE_DATA_DIR');
    is('no-mining', false, 'default', null);
    is('swarm-key', null, 'default', null);
    const text = await runInProcess(['config', 'show', '--origin', '--config', config], {});
    assert.match(text.stdout, new RegExp(`max-peers +9 +file ${config}:1`));
  });

  it('of a node are refused by their flag where they make no sense', async () => {
    for (const args of [
      ['--max-peers', '0'],
      ['--rpc-listen', 'nowhere'],
      ['--rpc-api', 'everything'],
    ]) {
      const { code, stderr } = await runInProcess(['config', 'show', ...args]);
      assert.equal(code, EXIT.usage);
      assert.match(stderr, new RegExp(`${args[0]}: `));
    }
  });
});
