import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnCli } from '../support/cli.ts';
import { freePort } from '../support/ports.ts';
import { runInProcess } from '../support/program.ts';
import { TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from '../support/tls.ts';
import { waitFor } from '../support/wait-for.ts';

describe('a protected node', () => {
  let root: string;
  let dataDir: string;
  let node: ReturnType<typeof spawnCli>;
  let listen: string;
  let url: string;
  const file = (name: string) => join(root, name);
  const cli = (...args: string[]) => runInProcess(args, { METANODE_DATA_DIR: file('elsewhere') });
  const overTls = (...args: string[]) => cli(...args, '--rpc', url, '--rpc-ca', file('cert.pem'));

  before(async function () {
    this.timeout(600_000);
    root = await mkdtemp(join(tmpdir(), 'mn-'));
    dataDir = file('node');
    const rpcPort = await freePort();
    listen = `/ip4/127.0.0.1/tcp/${await freePort()}`;
    url = `https://localhost:${rpcPort}`;
    await writeFile(file('cert.pem'), TEST_CERTIFICATE);
    await writeFile(file('key.pem'), TEST_CERTIFICATE_KEY);
    const genesis = file('genesis.json');
    const made = await runInProcess([
      'genesis',
      'new',
      '--seed',
      'x',
      '--validator-count',
      '4',
      '--out',
      genesis,
    ]);
    assert.equal(made.code, 0, made.stderr);
    const own = ['--genesis', genesis, '--data-dir', dataDir, '--insecure-keys'];
    const initialized = await runInProcess(['node', 'init', ...own]);
    assert.equal(initialized.code, 0, initialized.stderr);
    // Every option once in each way: here in the file, as variables and as flags.
    await writeFile(
      file('node.yaml'),
      [
        `data-dir: ${dataDir}`,
        `listen: [${listen}]`,
        'insecure-keys: true',
        `rpc-tls-cert: ${file('cert.pem')}`,
        'rpc-api: [read]',
      ].join('\n'),
    );
    node = spawnCli(
      ['node', 'start', '--config', file('node.yaml'), '--rpc-socket', join(dataDir, 'metanode.sock')],
      { METANODE_RPC_TLS_KEY: file('key.pem'), METANODE_RPC_LISTEN: `127.0.0.1:${rpcPort}` },
    );
    while (!node.output().includes('rpc ')) {
      assert.equal(node.child.exitCode, null, (await Promise.race([node.result, undefined]))?.stderr);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  after(async function () {
    this.timeout(600_000);
    // Its administrator stops it by a call, which is answered first.
    const socket = `unix:${join(dataDir, 'metanode.sock')}`;
    const stopped = await cli('debug', 'rpc', 'admin_shutdown', '--json', '--rpc', socket);
    if (stopped.code !== 0) node?.child.kill('SIGTERM');
    assert.equal((await node?.result)?.code, 0);
    assert.deepEqual(JSON.parse(stopped.stdout), { stopping: true }, stopped.stderr);
    await rm(root, { recursive: true, force: true });
  });

  it('is asked over TLS by who knows its certificate, and by nobody else', async function () {
    this.timeout(600_000);
    const status = await overTls('debug', 'rpc', 'net_status', '--json');
    assert.equal(status.code, 0, status.stderr);
    assert.match(JSON.parse(status.stdout).genesisHash, /^0x[0-9a-f]{64}$/);
    const stranger = await cli('debug', 'rpc', 'net_status', '--rpc', url);
    assert.equal(stranger.code, 3);
    assert.match(stranger.stderr, /NOT_REACHABLE.*self-signed|NOT_REACHABLE.*certificate/);
    const plain = await cli('debug', 'rpc', 'net_status', '--rpc', url.replace('https', 'http'));
    assert.notEqual(plain.code, 0);
  });

  it('opens only the scopes that --rpc-api names, and more to a token, from a file or the environment', async function () {
    this.timeout(600_000);
    const bare = await overTls('peers', 'list');
    assert.deepEqual([bare.code, /SCOPE_MISSING/.test(bare.stderr)], [4, true], bare.stderr);
    const made = await runInProcess([
      'node',
      'token',
      'create',
      'ops',
      '--scope',
      'debug',
      '--data-dir',
      dataDir,
      '--json',
    ]);
    const { token } = JSON.parse(made.stdout);
    await writeFile(file('token'), `${token}\n`);
    await waitFor(
      'the token is heeded',
      async () => (await overTls('peers', 'list', '--token-file', file('token'))).code === 0,
    );
    const tls = ['--rpc', url, '--rpc-ca', file('cert.pem')];
    const byVariable = await runInProcess(['peers', 'history', '--json', ...tls], { METANODE_TOKEN: token });
    assert.equal(byVariable.code, 0, byVariable.stderr);
    assert.ok(Array.isArray(JSON.parse(byVariable.stdout).items));
    const beyond = await runInProcess(['config', 'show', '--running', ...tls], { METANODE_TOKEN: token });
    assert.deepEqual([beyond.code, /SCOPE_MISSING/.test(beyond.stderr)], [4, true]);
    const wrong = await runInProcess(['peers', 'list', ...tls], { METANODE_TOKEN: 'f'.repeat(64) });
    assert.deepEqual([wrong.code, /UNAUTHENTICATED/.test(wrong.stderr)], [4, true]);
    const admin = join(dataDir, 'admin.token');
    const owner = await overTls('config', 'show', '--running', '--token-file', admin);
    assert.equal(owner.code, 0, owner.stderr);
    assert.ok(!owner.stdout.includes((await readFile(admin, 'utf8')).trim()));
  });

  it('does everything for its owner over the local socket, and says where each of its options is from', async function () {
    this.timeout(600_000);
    const socket = join(dataDir, 'metanode.sock');
    assert.equal((await stat(socket)).mode & 0o077, 0);
    for (const where of [
      ['--rpc', `unix:${socket}`],
      ['--rpc', `unix://${socket}`],
      ['--data-dir', dataDir],
    ]) {
      const shown = await runInProcess(['config', 'show', '--running', '--json', ...where]);
      assert.equal(shown.code, 0, shown.stderr);
      const options: { name: string; value: unknown; origin: string; source: string }[] = JSON.parse(
        shown.stdout,
      ).options;
      const sourceOf = (name: string) => options.find((option) => option.name === name)?.source;
      assert.equal(sourceOf('rpc-api'), `${file('node.yaml')}:5`);
      assert.equal(sourceOf('rpc-listen'), 'METANODE_RPC_LISTEN');
      assert.equal(sourceOf('rpc-socket'), '--rpc-socket');
    }
    const nobody = await cli(
      'peers',
      'add',
      `/ip4/127.0.0.1/tcp/1/p2p/${'1'.repeat(46)}`,
      '--rpc',
      `unix:${socket}`,
    );
    assert.equal(nobody.code, 3, nobody.stderr);
  });

  it('tells what happens over TLS and over the socket, as far as the scopes go', async function () {
    this.timeout(600_000);
    const refused = await overTls('debug', 'tail', 'peers');
    assert.deepEqual([refused.code, /SCOPE_MISSING/.test(refused.stderr)], [4, true], refused.stderr);
    const wrong = await runInProcess(
      ['debug', 'tail', 'newHeads', '--rpc', url, '--rpc-ca', file('cert.pem')],
      { METANODE_TOKEN: 'f'.repeat(64) },
    );
    assert.deepEqual([wrong.code, /UNAUTHENTICATED/.test(wrong.stderr)], [4, true], wrong.stderr);
    const socket = join(dataDir, 'metanode.sock');
    const tail = spawnCli(['debug', 'tail', 'peers', '--count', '1', '--rpc', `unix:${socket}`]);
    // A peer that nobody knows, dialled until the subscription has begun and its failed handshake is told.
    const other = await mkdtemp(join(tmpdir(), 'mn-'));
    const genesis = file('other.json');
    await runInProcess(['genesis', 'new', '--seed', 'y', '--validator-count', '4', '--out', genesis]);
    while (tail.child.exitCode === null)
      await runInProcess(['peers', 'test', listen, '--genesis', genesis, '--data-dir', other]);
    await rm(other, { recursive: true, force: true });
    const { code, stdout } = await tail.result;
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).topic, 'peers');
  });
});
