import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from '../../../../../src/cli/exit-code.ts';
import { runInProcess } from '../../../../support/program.ts';

describe('metanode keys change-password', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'metanode-keys-'));
    await writeFile(join(directory, 'first'), 'first password\n');
    await writeFile(join(directory, 'second'), 'second password\n');
  });
  after(() => rm(directory, { recursive: true, force: true }));
  const keys = (...args: string[]) => runInProcess(['keys', ...args, '--data-dir', directory, '--json']);
  const passwordIn = (name: string) => ['--password-file', join(directory, name)];
  const newPasswordIn = (name: string) => ['--new-password-file', join(directory, name)];

  it('encrypts a key that was in the clear, then under another password, and keeps the key', async () => {
    const { publicKey, path } = JSON.parse((await keys('new', 'me', '--insecure-keys')).stdout);
    const seedIn = async (...access: string[]) =>
      JSON.parse((await keys('export', 'me', ...access)).stdout).seed;
    const seed = await seedIn('--insecure-keys');
    const encrypted = await keys('change-password', 'me', '--insecure-keys', ...newPasswordIn('first'));
    assert.equal(encrypted.code, EXIT.ok, encrypted.stderr);
    assert.ok(!(await readFile(path, 'utf8')).includes(seed.slice(2)));
    const wrong = await keys('change-password', 'me', ...passwordIn('second'), ...newPasswordIn('first'));
    assert.deepEqual([wrong.code, /WRONG_PASSWORD/.test(wrong.stderr)], [EXIT.failed, true]);
    const again = await keys('change-password', 'me', ...passwordIn('first'), ...newPasswordIn('second'));
    assert.equal(again.code, EXIT.ok, again.stderr);
    assert.equal(await seedIn(...passwordIn('second')), seed);
    assert.match((await keys('export', 'me', ...passwordIn('first'))).stderr, /WRONG_PASSWORD/);
    const [entry] = JSON.parse((await keys('list')).stdout).items;
    assert.deepEqual([entry.publicKey, entry.encrypted], [publicKey.slice(2), true]);
  });
});
