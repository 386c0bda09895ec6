import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, createClient } from '../../src/client/client.ts';
import { runContainer } from '../../src/runtime/container.ts';
import type { RunSettings } from '../../src/runtime/container-run.ts';
import { DIRECTORY_PREFIX } from '../../src/runtime/orphans.ts';
import { makeRootfs } from '../../src/runtime/rootfs.ts';
import { findRunc, type Runtime } from '../../src/runtime/runc.ts';
import { errorCode } from '../../src/util/errors.ts';
import { LIMITS } from '../../src/util/limits.ts';
import { runCli, spawnCli } from '../support/cli.ts';
import { describeContainers } from '../support/containers.ts';
import { freePortBase } from '../support/ports.ts';
import { runInProcess } from '../support/program.ts';
import { waitFor } from '../support/wait-for.ts';

const ORPHAN_MAKER = fileURLToPath(new URL('../support/endless-container.ts', import.meta.url));
const SMALL = { cpuMilli: 500, memoryMib: 32, diskMib: 8, pids: 16 };

const CGROUPS = '/sys/fs/cgroup';

function containerDirectories(temporary: string): string[] {
  return readdirSync(temporary).filter((name) => name.startsWith(DIRECTORY_PREFIX));
}

/** Process id of the program in the only container that has its files here, as soon as it runs. */
async function runningPid(temporary: string): Promise<number> {
  const pidFile = () => join(temporary, containerDirectories(temporary)[0] ?? '', 'pid');
  // The file is there a moment before the number in it.
  const pid = await waitFor(
    'a container runs',
    () => existsSync(pidFile()) && Number(readFileSync(pidFile(), 'utf8')),
  );
  assert.ok(existsSync(`/proc/${pid}`));
  return pid;
}

/** What the containers of this process have left: files in its directory for such, and cgroups under their names. */
function leftovers(temporary: string): string[] {
  const groups = readdirSync(CGROUPS).map((hierarchy) => join(CGROUPS, hierarchy, 'metanode'));
  return [
    ...containerDirectories(temporary),
    ...[join(CGROUPS, 'metanode'), ...groups]
      .filter((path) => existsSync(path))
      .flatMap((path) => readdirSync(path))
      .filter((name) => name.startsWith(`test-${process.pid}-`)),
  ];
}

describeContainers('containers by runc', function () {
  this.timeout(600_000);
  let root: string;
  let rootfs: string;
  let runtime: Runtime;
  let number = 0;
  const usualTemporary = process.env.TMPDIR;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'metanode-e2e-'));
    rootfs = join(root, 'rootfs');
    await mkdir(join(root, 'tmp'));
    process.env.TMPDIR = join(root, 'tmp');
    await makeRootfs(rootfs);
    runtime = await findRunc();
  });
  after(async () => {
    if (usualTemporary === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = usualTemporary;
    await rm(root, { recursive: true, force: true });
  });
  afterEach(() => {
    assert.deepEqual(leftovers(join(root, 'tmp')), []);
  });

  const run = async (script: string, settings: RunSettings = {}, network = false) =>
    await runContainer(
      runtime,
      {
        id: `test-${process.pid}-${++number}`,
        rootfs,
        command: ['sh', '-c', script],
        limits: SMALL,
        network,
      },
      settings,
    );

  it('start, write, and end with the code of their program', async () => {
    const { end, stdout, stderr, requestedMs, createdMs, runningMs, endedMs, deletedMs, usage } = await run(
      'echo out; echo err >&2; exit 7',
    );
    assert.deepEqual(end, { kind: 'exited', code: 7 });
    assert.deepEqual([stdout.text, stderr.text], ['out\n', 'err\n']);
    const times = [requestedMs, createdMs, runningMs, endedMs, deletedMs].map(Number);
    assert.deepEqual(
      times,
      [...times].sort((a, b) => a - b),
    );
    assert.ok((usage.cpuNs ?? 0) > 0 && (usage.memoryPeakBytes ?? 0) > 0);
  });

  it('have no privileges, no network, and nothing to write to but memory', async () => {
    const { stdout } = await run(
      [
        'id -u',
        'grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status',
        'ip -o link | wc -l',
        'touch /x 2>/dev/null || echo read-only',
        'echo a > /tmp/a && cat /tmp/a',
        'unshare -n true 2>/dev/null || echo no namespaces',
        'mount -t tmpfs none /tmp 2>/dev/null || echo no mounts',
        'cat /proc/keys | wc -c',
      ].join('; '),
    );
    assert.deepEqual(stdout.text.replaceAll('\t', ' ').split('\n'), [
      '65534',
      'CapEff: 0000000000000000',
      'NoNewPrivs: 1',
      'Seccomp: 2',
      '1',
      'read-only',
      'a',
      'no namespaces',
      'no mounts',
      '0',
      '',
    ]);
  });

  it('share the network of the machine when asked to', async () => {
    assert.match((await run('cat /proc/net/dev | wc -l', {}, true)).stdout.text, /^\d+\n$/);
  });

  it('are killed when they take more memory than they may', async () => {
    const { end, usage } = await run('x=aaaaaaaa; while true; do x=$x$x; done');
    assert.deepEqual(end, { kind: 'killed', code: 137, by: 'out-of-memory' });
    assert.ok((usage.memoryPeakBytes ?? 0) <= SMALL.memoryMib * 1_048_576);
    assert.ok((usage.oomKills ?? 0) > 0);
  });

  it('cannot have more processes than they may', async () => {
    const { end, stderr, usage } = await run('for i in $(seq 40); do sleep 5 & done; echo all');
    assert.notDeepEqual(end, { kind: 'exited', code: 0 });
    assert.match(stderr.text, /can't fork/);
    assert.ok((usage.forksRefused ?? 0) > 0);
  });

  it('are killed when their time is over, and get no more of a core than they may', async () => {
    const { end, usage, endedMs, runningMs } = await run('while true; do :; done', { timeLimitMs: 1_500 });
    assert.deepEqual(end, { kind: 'killed', code: 137, by: 'time-limit' });
    const share = (usage.cpuNs ?? 0) / 1e6 / (endedMs - Number(runningMs));
    assert.ok(share < 0.65, `it had ${share} of a core`);
  });

  it('may end by themselves when they are asked to, and are killed if they do not', async () => {
    const abortOnceRunning = () => {
      const controller = new AbortController();
      return { signal: controller.signal, graceMs: 700, onRunning: () => controller.abort() };
    };
    const willing = await run('trap "echo bye; exit 3" TERM; while true; do sleep 0.1; done', {
      ...abortOnceRunning(),
      graceMs: 60_000,
    });
    assert.deepEqual([willing.end, willing.stdout.text], [{ kind: 'exited', code: 3 }, 'bye\n']);
    const deaf = await run('trap "" TERM; while true; do sleep 0.1; done', abortOnceRunning());
    assert.deepEqual(deaf.end, { kind: 'killed', code: 137, by: 'request' });
  });

  it('report what they use while they run', async () => {
    const samples: number[] = [];
    const controller = new AbortController();
    const onSample = ({ memoryBytes }: { memoryBytes: number | undefined }) => {
      if (samples.push(memoryBytes ?? -1) >= 2) controller.abort();
    };
    await run('sleep 600', { sampleIntervalMs: 300, onSample, signal: controller.signal, graceMs: 0 });
    assert.ok(samples.length >= 2, `${samples.length} samples`);
    assert.ok(samples.every((bytes) => bytes > 0));
  });

  it('whose program was killed are ended and removed by the next run', async () => {
    const abandoned = spawn(
      process.execPath,
      ['--import', 'tsx', ORPHAN_MAKER, rootfs, `test-${process.pid}-orphan`],
      { stdio: 'ignore' },
    );
    const pid = await runningPid(join(root, 'tmp'));
    abandoned.kill('SIGKILL');
    await once(abandoned, 'exit');
    assert.ok(existsSync(`/proc/${pid}`));
    assert.equal((await run('true')).end.code, 0);
    assert.ok(!existsSync(`/proc/${pid}`));
  });

  it('may write more than is kept, without being held up', async () => {
    const { end, stdout } = await run('yes | head -c 1000000');
    assert.equal(end.code, 0);
    assert.equal(stdout.text.length, LIMITS.maxContainerOutputBytes);
    assert.deepEqual([stdout.bytes, stdout.isCut], [1_000_000, true]);
  });

  it('that cannot be made have failed, with the reason of the runtime', async () => {
    const spec = {
      id: `test-${process.pid}-no`,
      rootfs,
      command: ['no-such-program'],
      limits: SMALL,
      network: false,
    };
    const { end, runningMs } = await runContainer(runtime, spec);
    assert.ok(end.kind === 'failed' && end.message.includes('no-such-program'));
    assert.equal(runningMs, undefined);
    await assert.rejects(runContainer(runtime, { ...spec, rootfs: join(root, 'nowhere') }), (error) => {
      assert.equal(errorCode(error), 'ROOTFS_NOT_FOUND');
      return true;
    });
  });
});

describeContainers('metanode docklock run', function () {
  this.timeout(600_000);
  let root: string;
  let rootfs: string;
  let network: string;
  let client: Client;

  const docklock = async (...args: string[]) =>
    await runCli(['--data-dir', network, '--rpc', client.url, '--json', 'docklock', ...args]);
  const runJson = async (...args: string[]) => {
    const { code, stdout, stderr } = await docklock('run', '--rootfs', rootfs, ...args);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  };

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'metanode-e2e-'));
    rootfs = join(root, 'rootfs');
    network = join(root, 'net');
    const place = ['--port-base', String(await freePortBase()), '--data-dir', network];
    const up = ['testnet', 'up', '--validators', '1', '--detach', '--no-load', '--wait-blocks', '1'];
    const started = await runCli([...up, '--empty-blocks', '2s', ...place, '--json']);
    assert.equal(started.code, 0, started.stderr);
    client = createClient(JSON.parse(started.stdout).nodes[0].rpc);
    assert.equal((await docklock('rootfs', rootfs)).code, 0);
  });
  after(async () => {
    await runInProcess(['testnet', 'down', '--data-dir', network]);
    await rm(root, { recursive: true, force: true });
  });

  it('records a container on the chain, with its start latency and its exit code', async () => {
    const report = await runJson('--memory', '32m', '--', 'sh', '-c', 'echo hello; exit 3');
    assert.deepEqual([report.end, report.stdout], [{ kind: 'exited', code: 3 }, 'hello\n']);
    const { receipt } = report;
    assert.equal(receipt.status, 'OK');
    const { data } = receipt.events[0];
    assert.deepEqual(
      [data.state, data.exitCode, data.app, data.node],
      ['DELETED', 3, report.app, report.node],
    );
    assert.equal(data.startLatencyMs, report.startLatencyMs);
    assert.ok(data.startLatencyMs > 0);
    const { container } = await client.call('docklock_getContainer', { app: report.app });
    assert.deepEqual([container.state, container.sequence], ['DELETED', 5]);
    const proof = await client.call('docklock_getProofOfAction', { txId: receipt.txId });
    assert.equal(proof.proof.stepCount, '5');
  });

  it('runs a named app again and again, with one chain of steps, and only once does what the chain needs', async () => {
    const first = await runJson('--app', 'web', '--', 'true');
    const second = await runJson('--app', 'web', '--memory', '48m', '--', 'true');
    assert.deepEqual(
      [first.app, first.generation, second.app, second.generation],
      [second.app, 2, first.app, 3],
    );
    const names = second.preparation.flatMap(({ events }: { events: { name: string }[] }) =>
      events.map(({ name }) => name),
    );
    assert.deepEqual(names, ['DesiredChanged']);
    const { container } = await client.call('docklock_getContainer', { app: first.app });
    assert.deepEqual([container.state, container.sequence, container.generation], ['stopped', 8, 3]);
  });

  it('records a container that could not start, and says why', async () => {
    const { code, stdout, stderr } = await docklock('run', '--rootfs', rootfs, '--', 'no-such-program');
    assert.equal(code, 1);
    assert.match(stderr, /CONTAINER_FAILED.*no-such-program/);
    assert.equal(JSON.parse(stdout).receipt.status, 'OK');
  });

  it('ends the container in order when it is interrupted, and records that it was killed', async () => {
    const temporary = join(root, 'tmp');
    await mkdir(temporary);
    const common = [
      '--data-dir',
      network,
      '--rpc',
      client.url,
      '--json',
      'docklock',
      'run',
      '--rootfs',
      rootfs,
    ];
    const { child, result } = spawnCli([...common, '--', 'sleep', '60'], { TMPDIR: temporary });
    const pid = await runningPid(temporary);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await result;
    assert.equal(code, 0, stderr);
    assert.ok(!existsSync(`/proc/${pid}`));
    const report = JSON.parse(stdout);
    assert.deepEqual(report.end, { kind: 'killed', code: 137, by: 'request' });
    assert.equal(report.receipt.events[0].data.exitCode, 137);
    assert.deepEqual(containerDirectories(temporary), []);
  });

  it('asks for keys on a chain that is not of a testnet on this machine', async () => {
    const elsewhere = [
      '--data-dir',
      root,
      '--rpc',
      client.url,
      'docklock',
      'run',
      '--rootfs',
      rootfs,
      '--',
      'true',
    ];
    // Another home, so that a testnet of whoever runs this is not found.
    const { code, stderr } = await runCli(elsewhere, '', { XDG_DATA_HOME: root });
    assert.equal(code, 2);
    assert.match(stderr, /--from/);
  });
});
