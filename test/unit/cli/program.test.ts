import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { EXIT, EXIT_MEANINGS, exitCodeOf } from '../../../src/cli/exit-code.ts';
import { nodeVersionProblem } from '../../../src/cli/node-version.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { ClientError } from '../../../src/client/client-error.ts';
import { JSON_RPC_CODES } from '../../../src/rpc/schema/error-codes.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { VERSION } from '../../../src/util/version.ts';
import { quietProcess, runInProcess } from '../../support/program.ts';

function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

const programOf = (env: NodeJS.ProcessEnv) => createProgram(quietProcess(env).cliProcess);

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

  it('helps with every command', () => {
    for (const command of allCommands(programOf({})))
      assert.match(command.helpInformation(), /^Usage: metanode/, command.name());
  });

  it('acts on the environment, of the process that it is', async () => {
    assert.match((await runInProcess(['version'], { METANODE_JSON: '1' })).stdout, /^\{/);
    const asked = await runInProcess(['economy', 'supply'], { METANODE_RPC: 'http://127.0.0.1:1' });
    assert.equal(asked.code, EXIT.notReachable);
    assert.match(asked.stderr, /127\.0\.0\.1:1[^0-9]/);
    const refused = await runInProcess(['testnet', 'up'], { METANODE_VALIDATORS: 'many' });
    assert.equal(refused.code, EXIT.usage);
    assert.match(refused.stderr, /METANODE_VALIDATORS/);
  });

  it('reads 0 and false as an absent flag', async () => {
    for (const word of ['0', 'false', 'no', ''])
      assert.doesNotMatch((await runInProcess(['version'], { METANODE_JSON: word })).stdout, /^\{/);
  });

  it('ends with a code for each class of what a node answers', () => {
    const codeOf = (kind: keyof typeof JSON_RPC_CODES, reason = 'SOMETHING') =>
      exitCodeOf(new ClientError(reason, '', { rpcCode: JSON_RPC_CODES[kind] }));
    for (const kind of ['request', 'method', 'params'] as const) assert.equal(codeOf(kind), EXIT.usage, kind);
    for (const kind of ['rejected', 'disabled', 'limit', 'auth', 'peer'] as const)
      assert.equal(codeOf(kind), EXIT.refused, kind);
    for (const kind of ['parse', 'internal', 'notFound', 'unavailable'] as const)
      assert.equal(codeOf(kind), EXIT.failed, kind);
    assert.equal(codeOf('peer', 'DIAL_FAILED'), EXIT.notReachable);
    assert.equal(codeOf('peer', 'DIAL_TIMED_OUT'), EXIT.timedOut);
    // A node may answer anything, names of what objects have by nature included.
    for (const reason of ['constructor', '__proto__', 'toString'])
      assert.equal(exitCodeOf(new ClientError(reason, '')), EXIT.failed);
  });

  it('tells its exit codes in the help and in the README', async () => {
    const help = programOf({});
    let text = '';
    help
      .configureOutput({
        writeOut: (part) => {
          text += part;
        },
      })
      .outputHelp();
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
    for (const name of Object.keys(EXIT) as (keyof typeof EXIT)[]) {
      assert.ok(text.includes(`  ${EXIT[name]}  ${EXIT_MEANINGS[name]}`), name);
      assert.ok(readme.includes(`| ${EXIT[name]} | ${EXIT_MEANINGS[name]} |`), name);
    }
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
