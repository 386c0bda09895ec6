import assert from 'node:assert/strict';
import type { Command } from 'commander';
import { environmentName } from '../../../src/cli/environment.ts';
import { EXIT } from '../../../src/cli/exit-code.ts';
import { nodeVersionProblem } from '../../../src/cli/node-version.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { VERSION } from '../../../src/util/version.ts';
import { quietProcess, runInProcess } from '../../support/program.ts';

function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

const programOf = (env: NodeJS.ProcessEnv) => createProgram(quietProcess(env).cliProcess);

/** Commander reads the variables of this process, so they are set for a while. */
async function withEnvironment(
  variables: Readonly<Record<string, string>>,
  use: (env: NodeJS.ProcessEnv) => Promise<void>,
): Promise<void> {
  Object.assign(process.env, variables);
  try {
    await use(process.env);
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
  }
}

describe('metanode command line', () => {
  it('prints results to standard output and nothing else', async () => {
    const { code, stdout, stderr } = await runInProcess(['version']);
    assert.equal(code, EXIT.ok);
    assert.match(stdout, new RegExp(`^metanode ${VERSION.replaceAll('.', '\\.')}, Node \\d`));
    assert.equal(stderr, '');
  });

  it('prints JSON where the global flag stands before or after the command', async () => {
    for (const args of [
      ['--json', 'limits'],
      ['limits', '--json'],
    ]) {
      const { stdout } = await runInProcess(args);
      assert.deepEqual(JSON.parse(stdout), LIMITS);
    }
  });

  it('ends with 2 and a message on standard error for unknown commands, options and bad values', async () => {
    for (const args of [
      ['nonsense'],
      ['limits', '--nonsense'],
      ['testnet', 'up', '--validators', 'x'],
      ['verify'],
    ]) {
      const { code, stdout, stderr } = await runInProcess(args);
      assert.equal(code, EXIT.usage, args.join(' '));
      assert.equal(stdout, '');
      assert.notEqual(stderr, '');
    }
  });

  it('ends with 3 and a hint if no node answers', async () => {
    const { code, stderr } = await runInProcess(['economy', 'supply', '--rpc', 'http://127.0.0.1:9']);
    assert.equal(code, EXIT.notReachable);
    assert.match(stderr, /NOT_REACHABLE/);
  });

  it('ends with 1 and the reason if a file is missing', async () => {
    const { code, stderr } = await runInProcess(['genesis', 'hash', '/nonexistent/genesis.json']);
    assert.equal(code, EXIT.failed);
    assert.match(stderr, /GENESIS_FILE_UNREADABLE/);
  });

  it('takes every option of every command from its environment variable, too', () => {
    const env: NodeJS.ProcessEnv = {};
    for (const command of allCommands(programOf({})))
      for (const option of command.options) env[environmentName(option)] = '1';
    const withVariables = allCommands(programOf(env));
    for (const command of withVariables)
      for (const option of command.options)
        assert.equal(option.envVar, environmentName(option), `${command.name()} ${option.long}`);
  });

  it('helps with every command', () => {
    for (const command of allCommands(programOf({})))
      assert.match(command.helpInformation(), /^Usage: metanode/, command.name());
  });

  it('acts on the environment, of the process that it is', async () => {
    await withEnvironment({ METANODE_JSON: '1' }, async (env) => {
      assert.match((await runInProcess(['version'], env)).stdout, /^\{/);
    });
    await withEnvironment({ METANODE_RPC: 'http://127.0.0.1:1' }, async (env) => {
      const { code, stderr } = await runInProcess(['economy', 'supply'], env);
      assert.equal(code, EXIT.notReachable);
      assert.match(stderr, /127\.0\.0\.1:1[^0-9]/);
    });
    await withEnvironment({ METANODE_VALIDATORS: 'many' }, async (env) => {
      const { code, stderr } = await runInProcess(['testnet', 'up'], env);
      assert.equal(code, EXIT.usage);
      assert.match(stderr, /METANODE_VALIDATORS/);
    });
  });

  it('lets a flag win over the environment, and reads 0 and false as an absent flag', async () => {
    await withEnvironment({ METANODE_RPC: 'http://127.0.0.1:1' }, async (env) => {
      const { stderr } = await runInProcess(['economy', 'supply', '--rpc', 'http://127.0.0.1:2'], env);
      assert.match(stderr, /127\.0\.0\.1:2[^0-9]/);
    });
    for (const word of ['0', 'false', 'no', ''])
      await withEnvironment({ METANODE_JSON: word }, async (env) => {
        assert.doesNotMatch((await runInProcess(['version'], env)).stdout, /^\{/);
      });
  });

  it('names both versions in one line on an old Node.js', () => {
    assert.equal(nodeVersionProblem('20.19.0'), undefined);
    assert.equal(nodeVersionProblem('22.1.0'), undefined);
    for (const old of ['18.20.4', '20.18.3']) {
      const problem = nodeVersionProblem(old);
      assert.match(problem ?? '', /20\.19/);
      assert.ok(problem?.includes(old) && !problem.includes('\n'));
    }
  });
});
