import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createClient } from '../../src/client/client.ts';
import type { CliResult } from '../support/cli.ts';
import { missingForContainers } from '../support/containers.ts';
import { freePort } from '../support/ports.ts';
import { firstNodeUrls, shellLines } from '../support/readme.ts';
import { LOAD_RATE, ReadmeShell } from '../support/readme-shell.ts';
import { runningOf } from '../support/testnet.ts';
import { waitFor } from '../support/wait-for.ts';

const ROOT = join(import.meta.dirname, '../..');

/** A line that is not run as it stands: what is run in its place, if anything, and why. */
interface Replacement {
  readonly run?: string;
  readonly because: string;
}

const FOUR = 'the testnet of this test has four validators, of which one may fail';
const LONG = 'a short form of the same';
const INSTALLED = 'the packages are installed, all is built';
const CHAOS = 'test/e2e/crashes.test.ts runs it in a short form';
const BENCH = 'benches take minutes; a test below looks at their names and flags';

const REPLACEMENTS: Readonly<Record<string, Replacement>> = {
  'npm ci && npm run testnet': { run: 'npx metanode testnet up', because: INSTALLED },
  'npm ci && npm test': { because: `${INSTALLED}, and this is one of those tests` },
  'npx metanode testnet kill v15..v21': { run: 'npx metanode testnet kill v4', because: FOUR },
  'npx metanode testnet kill v14': { run: 'npx metanode testnet kill v3', because: FOUR },
  'npx metanode testnet load --rate 20 --seconds 30': {
    run: 'npx metanode testnet load --rate 10 --seconds 2 --no-validator-changes',
    because: LONG,
  },
  'npx metanode sim': { run: 'npx metanode sim --runs 4', because: LONG },
  'npx metanode sim --validators 21 --runs 2000 --mode liveness': {
    run: 'npx metanode sim --validators 7 --runs 4 --mode liveness',
    because: LONG,
  },
  'npx metanode sim --faults crash,torn-journal,delay --heights 20': {
    run: 'npx metanode sim --faults crash,torn-journal,delay --heights 20 --runs 2',
    because: LONG,
  },
  'npx metanode sim --twins 1 --validators 4 --rounds 3': {
    run: 'npx metanode sim --twins 1 --validators 4 --rounds 3 --samples 20',
    because: LONG,
  },
  'npx metanode sim --twins 2 --validators 7 --rounds 7 --samples 100000': {
    run: 'npx metanode sim --twins 2 --validators 7 --rounds 7 --samples 20',
    because: LONG,
  },
  'npx metanode sim --search --rounds 2': { run: 'npx metanode sim --search --rounds 1', because: LONG },
  'npx metanode sim --mutants': { because: 'test/sim/mutants.test.ts plants the same faults' },
  'npx metanode testnet up --validators 4 --record-sent --no-load --detach': {
    because: 'the testnet of this test is such a one',
  },
  'npx metanode testnet chaos --seconds 300': { because: CHAOS },
  'npx metanode testnet chaos --only kill --quick --hits 200': { because: CHAOS },
  'npm run bench -- load21 load21-batch': { because: BENCH },
  'npm run bench -- load4 --seconds 10 --json': { because: BENCH },
  'npm run bench -- load21 --rate 100': { because: BENCH },
  'npm run bench -- growth --accounts 1000000 --blocks 100000': { because: BENCH },
};

describe('The commands of the README, as they stand there', function () {
  this.timeout(600_000);
  const shell = new ReadmeShell();
  const lines = shellLines();
  /** Lines that have been run or were left out. */
  const done = new Set<string>();

  before(() => shell.open());
  after(() => shell.close());

  /** Runs all lines from the one that begins so on, up to the one before the next that begins as `to` says. */
  async function follow(from: string, to?: string, expected: Readonly<Record<string, number>> = {}) {
    const first = lines.findIndex((line) => line.startsWith(from));
    const end = to === undefined ? lines.length : lines.findIndex((line) => line.startsWith(to));
    assert.ok(first >= 0 && end > first, `${from} … ${to}`);
    const results: Record<string, CliResult> = {};
    for (const line of lines.slice(first, end)) {
      done.add(line);
      const replacement = REPLACEMENTS[line];
      const command = replacement === undefined ? line : replacement.run;
      if (command === undefined) continue;
      const result = await shell.run(command);
      assert.equal(result.code, expected[line] ?? 0, `${command}: ${result.stderr}${result.stdout}`);
      results[line] = result;
    }
    return results;
  }

  it('boot a testnet that is to be seen at the addresses that are named', async () => {
    await shell.boot('npx metanode testnet up');
    done.add('npm ci && npm run testnet').add('npm ci && npm test');
    const first = await shell.first();
    for (const url of firstNodeUrls()) {
      const stop = new AbortController();
      const found = url.replace('http://127.0.0.1:4201', first.rpc);
      const response = await fetch(found, { signal: stop.signal });
      assert.ok(response.ok, found);
      stop.abort(); // what streams has no end
    }
    await follow('npx metanode testnet status', 'npx metanode testnet kill');
  });

  it('break it, say who is missing, and mend it', async () => {
    const why = 'npx metanode debug consensus';
    const killed = (await shell.nodes()).slice(2).map(({ validator }) => validator as string);
    await follow('npx metanode testnet kill v15', why);
    const client = createClient((await shell.first()).rpc);
    await waitFor('a chain that stands still', async () => !(await client.call('ibft_diagnose')).ok);
    const said = await follow(why, 'npx metanode testnet resume', { [why]: 6 });
    for (const validator of killed) assert.ok(said[why]?.stdout.includes(validator), said[why]?.stdout);
    await follow('npx metanode testnet resume', 'npx metanode invite');
  });

  it('join it, with the command that comes of it', async () => {
    const joined = Object.values(await follow('npx metanode invite', 'npx metanode cluster')).at(-1);
    const next = /^Next: {2}metanode (.*)$/m.exec(joined?.stdout ?? '')?.[1];
    assert.ok(next !== undefined, joined?.stdout);
    const listening = next.replace('/ip4/0.0.0.0/tcp/4101', `/ip4/127.0.0.1/tcp/${await freePort()}`);
    const rpc = `127.0.0.1:${await freePort()}`;
    const ended = shell.spawn(`exec npx metanode ${listening} --rpc-listen ${rpc}`);
    const client = createClient(`http://${rpc}`);
    const { height } = await createClient((await shell.first()).rpc).call('chain_getFinalizedHead');
    await waitFor('the node that joined has what the others have', async () => {
      const head = await client.call('chain_getFinalizedHead').catch(() => undefined);
      return head !== undefined && head.height >= height;
    });
    ended.kill('SIGINT');
    assert.equal(await ended.code, 0);
  });

  it('look around', () => follow('npx metanode cluster members', 'npx metanode docklock rootfs'));

  const containers = () => follow('npx metanode docklock rootfs', 'npx metanode tx proof');
  if (missingForContainers().length === 0 || process.env.CI === 'true') it('run a container', containers);
  else
    process.stderr.write(
      `the container of the README: left out, no ${missingForContainers().join(', no ')}\n`,
    );

  it('simulate', async () => {
    await follow('npx metanode sim', 'npx metanode testnet up');
  });

  it('name benches by runs and flags that there are', async () => {
    const { stdout } = await shell.run(`node --import tsx ${ROOT}/scripts/bench/bench.ts --help`);
    const benches = lines.filter((line) => line.startsWith('npm run bench -- '));
    for (const word of benches.flatMap((line) => line.split(' ').slice(4)))
      assert.ok(/^\d+$/.test(word) || stdout.includes(word), word);
    await follow('npx metanode testnet up', 'npx metanode snapshot');
  });

  it('prove what a node has said to who has only the genesis file', async () => {
    const client = createClient((await shell.first()).rpc);
    const billOf = (window: number) => client.call('economy_getBill', { payer: shell.address, window });
    await waitFor('a minute of bills that is over', async () => {
      const bill = await billOf(shell.window).catch(() => undefined);
      // On a slow machine nobody may have paid anything in the first one.
      if (bill?.closed && bill.items.length === 0) shell.window++;
      return bill?.closed && bill.items.length > 0;
    });
    await follow('npx metanode tx proof', 'npx metanode sim');
  });

  it('copy a stopped node', async () => {
    await shell.run('npx metanode testnet stop v4');
    const created = await shell.run(
      `npx metanode node init --genesis $genesis --data-dir DIR2 --insecure-keys`,
    );
    assert.equal(created.code, 0, created.stderr);
    await follow('npx metanode snapshot');
  });

  it('are all of the README, and those that are replaced stand in it', async () => {
    const isLeftOut = (line: string) => line.startsWith('npx metanode docklock');
    assert.deepEqual(
      lines.filter((line) => !done.has(line) && !(isLeftOut(line) && missingForContainers().length > 0)),
      [],
    );
    for (const [line, { because }] of Object.entries(REPLACEMENTS))
      assert.ok(lines.includes(line) && because !== '', `the README has no longer: ${line}`);
  });

  it('end the testnet, which has shown its progress, with Ctrl-C', async () => {
    assert.match(shell.told(), /quorum 3 of 4/);
    await waitFor('the load is told', () => shell.told().includes(`load ${LOAD_RATE}/s: sent`));
    const pids = (await shell.nodes()).flatMap(({ pid }) => pid ?? []);
    assert.ok(pids.length > 0);
    assert.equal(await shell.interrupt(), 0);
    assert.deepEqual(await runningOf(pids), []);
  });
});
