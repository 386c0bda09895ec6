import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secrets } from '../../src/cli/doctor/secrets.ts';
import { inviteToText, swarmKeyToFile } from '../../src/types/invite.ts';
import { fromHex, toHex } from '../../src/util/bytes.ts';
import { Cluster } from '../support/cluster.ts';
import { freePort } from '../support/ports.ts';
import { runInProcess } from '../support/program.ts';

const SWARM_KEY = 'c5'.repeat(16) + '3a'.repeat(16);
const PASSWORD = 'correct horse battery';

interface Report {
  readonly ok: boolean;
  readonly findings: readonly { check: string; level: string; detail: string; hint: string | null }[];
  readonly fixed: readonly string[];
  readonly files?: readonly string[];
}

describe('metanode doctor', function () {
  this.timeout(600_000);
  let root: string;
  let cluster: Cluster;
  let dataDir: string;
  let rpc: string;

  /** One line of the doctor, as JSON. */
  const examine = async (...args: string[]) => {
    const { code, stdout, stderr } = await runInProcess(['doctor', '--json', '--data-dir', dataDir, ...args]);
    assert.notEqual(stdout, '', stderr);
    const report: Report = JSON.parse(stdout);
    const levelOf = (check: string) => report.findings.find((finding) => finding.check === check)?.level;
    return { code, report, levelOf, stdout };
  };

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'metanode-doctor-'));
    cluster = await Cluster.create({ directory: root, validators: 1, blockTimeMs: 200 });
    dataDir = cluster.directoryOf(0);
    rpc = cluster.urlOf(0);
    await cluster.startAll();
    await cluster.waitForHeight(2);
  });
  after(async () => {
    await cluster?.stopAll();
    await rm(root, { recursive: true, force: true });
  });

  it('finds a node that works in order, and says what it could not see', async () => {
    const { code, report, levelOf } = await examine('--rpc', rpc);
    assert.deepEqual([code, report.ok], [0, true], JSON.stringify(report));
    for (const check of [
      'node.js',
      'genesis',
      'key files',
      'vote journal',
      'node',
      'genesis agreement',
      'clock',
      'quorum',
    ])
      assert.equal(levelOf(check), 'ok', check);
    assert.equal(levelOf('peers'), 'warning');
  });

  it('finds key files that others can read, and with --fix takes that away', async () => {
    const [name = ''] = await readdir(join(dataDir, 'keys'));
    const file = join(dataDir, 'keys', name);
    await chmod(file, 0o644);
    const found = await examine('--rpc', rpc);
    assert.deepEqual([found.code, found.levelOf('key files')], [6, 'problem']);
    assert.equal((await stat(file)).mode & 0o077, 0o044, 'nothing is changed unasked');
    const mended = await examine('--rpc', rpc, '--fix');
    assert.deepEqual([mended.code, mended.report.fixed], [0, ['key files']]);
    assert.equal((await stat(file)).mode & 0o077, 0);
  });

  it('finds a port that another program has, a missing node, and a node of another chain', async () => {
    const taken = createServer();
    const [port, free, nobodys] = [await freePort(), await freePort(), await freePort()];
    await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
    const options = ['--listen', `/ip4/127.0.0.1/tcp/${port}`, '--rpc-listen', `127.0.0.1:${free}`];
    const { code, levelOf } = await examine('--rpc', `http://127.0.0.1:${nobodys}`, ...options);
    await new Promise((resolve) => taken.close(resolve));
    assert.equal(code, 6);
    assert.deepEqual(
      [levelOf(`port ${port}`), levelOf(`port ${free}`), levelOf('node')],
      ['problem', 'ok', 'warning'],
    );
    const other = join(root, 'other');
    const genesis = join(root, 'other.json');
    await runInProcess(['genesis', 'new', '--seed', 'x', '--validator-count', '4', '--out', genesis]);
    await runInProcess(['node', 'init', '--genesis', genesis, '--insecure-keys', '--data-dir', other]);
    const absent = await examine('--data-dir', join(root, 'not', 'made', 'yet'), '--rpc', rpc);
    assert.deepEqual([absent.levelOf('disk'), absent.levelOf('data directory')], ['ok', 'ok']);
    const foreign = await examine('--data-dir', other, '--rpc', rpc);
    assert.deepEqual([foreign.code, foreign.levelOf('genesis agreement')], [6, 'problem']);
  });

  it('finds a genesis that is damaged and a validator whose journal is gone', async () => {
    const broken = join(root, 'broken');
    await mkdir(join(broken, 'keys'), { recursive: true });
    await writeFile(join(broken, 'genesis.json'), '{');
    await writeFile(join(broken, 'keys', 'validator.json'), '{}', { mode: 0o600 });
    const { code, levelOf } = await examine('--data-dir', broken, '--rpc', rpc);
    assert.deepEqual([code, levelOf('genesis'), levelOf('vote journal')], [6, 'problem', 'problem']);
  });

  it('puts findings, options, status and logs into an archive, and no secret', async () => {
    const seeds = await Promise.all(
      (await readdir(join(dataDir, 'keys'))).map(
        async (name) => JSON.parse(await readFile(join(dataDir, 'keys', name), 'utf8')).seed as string,
      ),
    );
    assert.ok(seeds.length >= 3 && seeds.every((seed) => /^[0-9a-f]{64}$/.test(seed)));
    const adminToken = (await readFile(join(dataDir, 'admin.token'), 'utf8')).trim();
    const invite = inviteToText({
      chainId: 1,
      genesisHash: cluster.genesisHash,
      addresses: [],
      swarmKey: fromHex(SWARM_KEY),
      expiresMs: Date.now() + 60_000,
      sealedSwarmKey: new Uint8Array(),
    });
    const foreignToken = 'f00dfeed'.repeat(8);
    const [swarmKeyFile, passwordFile, log] = ['swarm.key', 'password', 'node.log'].map((name) =>
      join(root, name),
    ) as [string, string, string];
    await writeFile(swarmKeyFile, swarmKeyToFile(fromHex(SWARM_KEY)));
    await writeFile(passwordFile, `${PASSWORD}\n`);
    // A log that says everything that a log must not say, in every form.
    const lines = [
      ...seeds.flatMap((seed) => [
        seed,
        `0x${seed}`,
        seed.toUpperCase(),
        Buffer.from(seed, 'hex').toString('base64'),
      ]),
      swarmKeyToFile(fromHex(SWARM_KEY)),
      JSON.stringify({
        key: swarmKeyToFile(fromHex(SWARM_KEY)),
        password: 'hunter2hunter2',
        apiToken: 'abc"def',
      }),
      `--password=${PASSWORD}`,
      adminToken,
      `Authorization: Bearer ${foreignToken}`,
      `GET /events?token=${foreignToken}&topics=newHeads`,
      `joined with ${invite}`,
      '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK\n-----END PRIVATE KEY-----',
      `block ${cluster.genesisHash} is kept`,
    ];
    await writeFile(log, lines.join('\n'));
    const bundle = join(root, 'report.tgz');
    const { report, stdout } = await examine(
      ...['--rpc', rpc, '--token-file', join(dataDir, 'admin.token'), '--bundle', bundle, '--log', log],
      ...['--swarm-key', swarmKeyFile, '--key-password-file', passwordFile],
    );
    assert.equal((await stat(bundle)).mode & 0o077, 0);
    const unpacked = join(root, 'unpacked');
    await mkdir(unpacked);
    execFileSync('tar', ['xzf', bundle, '-C', unpacked]);
    const entries = await readdir(unpacked, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    assert.deepEqual(
      files.map((file) => file.slice(unpacked.length + 1)).sort(),
      [...(report.files ?? [])].sort(),
    );
    const texts = new Map(
      await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')] as const)),
    );
    const all = `${[...texts.values()].join('\n')}\n${stdout}`;
    for (const secret of [
      ...seeds.flatMap((seed) => [seed, seed.toUpperCase(), Buffer.from(seed, 'hex').toString('base64')]),
      ...[SWARM_KEY, PASSWORD, adminToken, foreignToken, invite, 'hunter2hunter2', 'abc"def', 'MC4CAQAwBQYD'],
    ])
      assert.ok(!all.includes(secret), `the bundle holds ${secret}`);
    assert.ok(all.includes(`block ${cluster.genesisHash} is kept`));
    const textOf = (name: string) => texts.get(join(unpacked, 'metanode-report', name)) ?? '';
    assert.equal(JSON.parse(textOf('status/net_status.json')).genesisHash, `0x${cluster.genesisHash}`);
    assert.ok(JSON.parse(textOf('status/ibft_diagnose.json')).verdict);
    for (const file of files.filter((name) => name.includes('/status/')))
      assert.equal(JSON.parse(texts.get(file) ?? '').error, undefined, file);
    assert.equal(JSON.parse(textOf('options.json')).length > 20, true);
    assert.ok(JSON.parse(textOf('machine.json')).node);
    assert.ok(Array.isArray(JSON.parse(textOf('doctor.json'))));
  });

  it('takes a secret out of a text of any form, and leaves the rest as it was', async () => {
    const seed = toHex(cluster.alice.keys.seed);
    const secrets = await Secrets.collect({
      dataDirs: [],
      swarmKeyFile: undefined,
      passwordFiles: [],
      texts: [seed, 'abc'],
    });
    assert.equal(
      secrets.removeFrom(`abc ${seed} 0x${'ab'.repeat(32)}`),
      `abc [removed] 0x${'ab'.repeat(32)}`,
    );
    assert.equal(secrets.removeFrom('{"publicKey":"00ff","height":7}'), '{"publicKey":"00ff","height":7}');
  });
});
