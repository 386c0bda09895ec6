import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli, spawnCli } from '../support/cli.ts';
import { runInProcess } from '../support/program.ts';

describe('metanode program', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'metanode-cli-'));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  it('makes an encrypted key, signs with it, and knows a right from a wrong signature', async function () {
    this.timeout(600_000);
    const password = join(directory, 'password');
    await writeFile(password, 'tidy otter brick\n');
    const common = ['--data-dir', directory, '--password-file', password, '--json'];
    const made = await runCli(['keys', 'new', 'alice', ...common]);
    assert.equal(made.code, 0, made.stderr);
    const { address, path, publicKey } = JSON.parse(made.stdout);
    assert.match(address, /^meta1/);
    assert.equal((await stat(path)).mode & 0o077, 0);
    assert.doesNotMatch(await readFile(path, 'utf8'), /insecure/);
    const signed = await runInProcess(['keys', 'sign', 'alice', '0xabcd', ...common]);
    const { signature } = JSON.parse(signed.stdout);
    assert.equal((await runInProcess(['keys', 'verify', publicKey, '0xabcd', signature])).code, 0);
    const wrong = await runInProcess(['keys', 'verify', publicKey, '0xabce', signature]);
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /BAD_SIGNATURE/);

    await writeFile(password, 'another\n');
    const refused = await runInProcess(['keys', 'export', 'alice', ...common]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /WRONG_PASSWORD/);
  });

  it('imports what it exported', async () => {
    const seed = `0x${'1f'.repeat(32)}`;
    const common = ['--data-dir', directory, '--insecure-keys'];
    assert.equal((await runCli(['keys', 'import', 'bob', ...common], `${seed}\n`)).code, 0);
    assert.equal((await runInProcess(['keys', 'export', 'bob', ...common])).stdout.trim(), seed);
    const list = JSON.parse((await runInProcess(['keys', 'list', '--data-dir', directory, '--json'])).stdout);
    assert.deepEqual(
      list.items.map(({ name, encrypted }: { name: string; encrypted: boolean }) => ({ name, encrypted })),
      [{ name: 'bob', encrypted: false }],
    );
  });

  it('makes a genesis, names its hash, refuses a broken one, and makes a node of it', async () => {
    const file = join(directory, 'genesis.json');
    const made = await runCli([
      'genesis',
      'new',
      '--seed',
      'x',
      '--validator-count',
      '4',
      '--out',
      file,
      '--json',
    ]);
    assert.equal(made.code, 0, made.stderr);
    const { genesisHash } = JSON.parse(made.stdout);
    assert.equal((await runInProcess(['genesis', 'hash', file])).stdout.trim(), genesisHash);
    assert.equal((await runInProcess(['genesis', 'validate', file])).code, 0);

    const genesis = JSON.parse(await readFile(file, 'utf8'));
    genesis.validators[1].consensusKey = genesis.validators[0].consensusKey;
    const broken = join(directory, 'broken.json');
    await writeFile(broken, JSON.stringify(genesis));
    const invalid = await runInProcess(['genesis', 'validate', broken]);
    assert.equal(invalid.code, 1);
    assert.match(invalid.stderr, /GENESIS_DUPLICATE/);

    const node = join(directory, 'node');
    const init = [
      'node',
      'init',
      '--genesis',
      file,
      '--data-dir',
      node,
      '--validator',
      '--insecure-keys',
      '--json',
    ];
    const initialized = await runInProcess(init);
    assert.equal(initialized.code, 0, initialized.stderr);
    assert.equal(JSON.parse(initialized.stdout).genesisHash, genesisHash);
    assert.equal((await runInProcess(init)).code, 1, 'a second init must not overwrite keys');
  });

  it('ends quietly when nobody reads on', async () => {
    const { child, result } = spawnCli(['limits']);
    child.stdout.destroy();
    const { code, stderr } = await result;
    assert.deepEqual([code, stderr], [0, '']);
  });

  it('asks how keys are to be kept before it makes any', async () => {
    const file = join(directory, 'genesis.json');
    await runInProcess(['genesis', 'new', '--seed', 'x', '--validator-count', '4', '--out', file]);
    const { code, stderr } = await runCli(['node', 'init', '--genesis', file, '--data-dir', directory]);
    assert.equal(code, 2);
    assert.match(stderr, /--key-password-file/);
  });
});
