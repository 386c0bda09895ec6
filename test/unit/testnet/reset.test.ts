import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { EXIT } from '../../../src/cli/exit-code.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { TestnetDirectory } from '../../../testnet/directory.ts';
import { parseManifest } from '../../../testnet/manifest.ts';
import { setup } from '../../../testnet/stages/setup.ts';
import { quietProcess, runInProcess } from '../../support/program.ts';

describe('metanode testnet reset', () => {
  let path: string;
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'metanode-reset-'));
    const manifest = parseManifest(
      { name: 'x', seed: 'x', validators: 1, observers: 0, portBase: 0 },
      'the test',
    );
    const directory = new TestnetDirectory(path);
    await setup(directory, manifest);
    await directory.saveManifest(manifest);
  });
  afterEach(() => rm(path, { recursive: true, force: true }));
  const reset = (...args: string[]) => runInProcess(['testnet', 'reset', '--data-dir', path, ...args]);
  /** At a terminal, with this for an answer. */
  const answered = async (text: string) => {
    const { cliProcess } = quietProcess();
    const stdout = Object.assign(cliProcess.stdout, { isTTY: true });
    const terminal = { ...cliProcess, stdin: Readable.from([text]), stdout };
    return await runProgram(['testnet', 'reset', '--data-dir', path], terminal);
  };

  it('removes what a testnet made and leaves what somebody else put there, once somebody said so', async () => {
    await writeFile(join(path, 'notes.txt'), 'mine');
    const before = (await readdir(path)).sort();
    assert.equal((await reset()).code, EXIT.usage);
    assert.equal(await answered('n\n'), EXIT.ok);
    assert.deepEqual((await readdir(path)).sort(), before);
    const { code, stderr } = await reset('--yes');
    assert.equal(code, EXIT.ok, stderr);
    assert.deepEqual(await readdir(path), ['notes.txt']);
    assert.match((await reset('--yes')).stderr, /NO_TESTNET/);
  });

  it('takes a yes at a terminal', async () => {
    assert.equal(await answered('yes\n'), EXIT.ok);
    assert.deepEqual(await readdir(path), []);
  });
});
