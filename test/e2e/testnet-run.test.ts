import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processStart } from '../../testnet/process.ts';
import { runCli } from '../support/cli.ts';
import { freePortBase } from '../support/ports.ts';
import { runInProcess } from '../support/program.ts';

const MANIFEST = new URL('../../testnet/manifests/kill-and-restart.json', import.meta.url);

describe('a testnet run by a manifest', function () {
  this.timeout(600_000);
  let root: string;
  let directory: string;
  let manifestPath: string;

  const run = async (...options: string[]) =>
    await runCli(['testnet', 'run', manifestPath, '--data-dir', directory, '--json', ...options]);
  const pids = async (): Promise<(number | null)[]> =>
    JSON.parse(await readFile(join(directory, 'testnet.json'), 'utf8')).nodes.map(
      ({ pid }: { pid: number | null }) => pid,
    );
  const startsOf = async (name: string) =>
    (await readFile(join(directory, 'logs', `${name}.log`), 'utf8')).split('"node started"').length - 1;

  /** The manifest that is shipped, in a few seconds. */
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'metanode-run-'));
    directory = join(root, 'net');
    manifestPath = join(root, 'manifest.json');
    const shipped = JSON.parse(await readFile(MANIFEST, 'utf8'));
    const [kill, restart] = shipped.perturbations;
    const short = {
      ...shipped,
      portBase: await freePortBase(),
      load: { ...shipped.load, seconds: 9 },
      perturbations: [
        { ...kill, atMs: 1_500, forMs: 1_500 },
        { ...restart, atMs: 6_000, forMs: 200 },
      ],
    };
    await writeFile(manifestPath, JSON.stringify(short));
  });

  after(async () => {
    await runInProcess(['testnet', 'down', '--data-dir', directory]);
    await rm(root, { recursive: true, force: true });
  });

  it('kills and restarts nodes under load, loses nothing, checks the chain, and can be kept', async () => {
    const { code, stdout, stderr } = await run('--keep');
    assert.equal(code, 0, `${stderr}${stdout}`);
    const { ok, load, invariants, secondChecker } = JSON.parse(stdout);
    assert.equal(ok, true);
    assert.equal(load.planned, 135);
    assert.equal(load.final, load.accepted);
    assert.equal(load.lost + load.repeated + load.unexpected + load.refused, 0);
    assert.equal(invariants.nodes, 4);
    assert.equal(secondChecker.transactions, load.final);
    assert.deepEqual(
      await Promise.all(['v1', 'v2', 'v3', 'v4'].map(startsOf)),
      [1, 2, 1, 2],
      'v2 was restarted, v4 came back',
    );
    for (const pid of await pids()) assert.notEqual(await processStart(pid ?? 0), undefined);
  });

  it('leaves a testnet that runs alone', async () => {
    const before = await pids();
    const { code, stderr } = await run();
    assert.notEqual(code, 0);
    assert.match(stderr, /TESTNET_RUNNING/);
    assert.deepEqual(await pids(), before);
    for (const pid of before) assert.notEqual(await processStart(pid ?? 0), undefined);
  });
});
