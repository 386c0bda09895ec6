import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { createProgram } from '../../src/cli/program.ts';
import { environmentName } from '../../src/cli/settings.ts';
import { createClient } from '../../src/client/client.ts';
import { runCli } from '../support/cli.ts';
import { freePort } from '../support/ports.ts';
import { quietProcess } from '../support/program.ts';
import { waitFor } from '../support/wait-for.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'scripts/deploy');

/** What comes after the name of an instruction, of all of that name. */
function instructions(): (name: string) => string[] {
  const lines = readFileSync(join(FOLDER, 'Dockerfile'), 'utf8').split('\n');
  return (name) =>
    lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
}

/** The values of a key in a unit, in order. */
function unitValues(unit: string, key: string): string[] {
  return unit
    .split('\n')
    .filter((line) => line.startsWith(`${key}=`))
    .map((line) => line.slice(key.length + 1));
}

function variablesOf(command: Command): string[] {
  return [...command.options.map(environmentName), ...command.commands.flatMap(variablesOf)];
}

describe('What runs a node as a service', function () {
  this.timeout(600_000);
  const dockerfile = instructions();
  const unit = readFileSync(join(FOLDER, 'metanode.service'), 'utf8');
  const config = parse(readFileSync(join(FOLDER, 'node.yaml'), 'utf8'));
  let directory: string;
  /** What stands for the paths and addresses of the files on this machine. */
  const places = new Map<string, string>();
  const placed = (text: string) => [...places].reduce((all, [from, to]) => all.replaceAll(from, to), text);
  const variables = () =>
    Object.fromEntries(dockerfile('ENV').map((text) => placed(text).split('=') as [string, string]));
  const entrypoint = (): string[] => JSON.parse(placed(dockerfile('ENTRYPOINT')[0] as string));

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'metanode-deploy-'));
    const listen = `/ip4/127.0.0.1/tcp/${await freePort()}`;
    const rpc = `127.0.0.1:${await freePort()}`;
    const metrics = `127.0.0.1:${await freePort()}`;
    for (const [from, to] of [
      ['/app/', `${ROOT}/`],
      ['/opt/metanode/', `${ROOT}/`],
      ['/etc/metanode/', `${directory}/`],
      ['/run/secrets/', `${directory}/`],
      [config['data-dir'], join(directory, 'data')],
      ['=/data', `=${join(directory, 'data')}`],
      ['/ip4/0.0.0.0/tcp/4101', listen],
      ['0.0.0.0:8545', rpc],
      [config['rpc-listen'], rpc],
      ['0.0.0.0:9464', metrics],
      [config.metrics, metrics],
    ])
      places.set(from, to);
    const genesis = join(directory, 'genesis.json');
    await writeFile(join(directory, 'key-password'), 'tidy otter brick\n');
    await writeFile(join(directory, 'node.yaml'), placed(await readFile(join(FOLDER, 'node.yaml'), 'utf8')));
    const made = await runCli([
      'genesis',
      'new',
      '--seed',
      'deploy',
      '--validator-count',
      '4',
      '--out',
      genesis,
    ]);
    assert.equal(made.code, 0, made.stderr);
    const [program = '', ...args] = entrypoint();
    const init = spawnSync(program, [...args, 'node', 'init', '--genesis', genesis], {
      env: { PATH: process.env.PATH, ...variables() },
    });
    assert.equal(init.status, 0, String(init.stderr));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  /** Starts a node as the files say, lets `use` look at it, and ends it as they would: by SIGTERM. */
  async function run(
    [program, ...args]: readonly string[],
    environment: NodeJS.ProcessEnv,
    use: () => Promise<void> = async () => {},
  ): Promise<void> {
    const env = { PATH: process.env.PATH, ...environment };
    const child = spawn(program as string, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk);
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    try {
      await waitFor('the node lives', async () => {
        assert.equal(child.exitCode, null, stderr);
        return (await fetch(`http://${places.get(config.metrics)}/livez`).catch(() => undefined))?.ok;
      });
      await use();
    } finally {
      child.kill('SIGTERM');
    }
    assert.equal(await ended, 0, stderr);
  }

  it('copies only what is there into an image, and makes it on a Node.js that the package takes', () => {
    const [build, ...others] = dockerfile('FROM');
    const [, major, minor] = /^node:(\d+)\.(\d+)-\S+ AS build$/.exec(build as string) ?? [];
    const { engines, scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const [leastMajor, leastMinor] = engines.node.replace('>=', '').split('.').map(Number);
    assert.ok(Number(major) === leastMajor && Number(minor) >= leastMinor);
    assert.deepEqual(others, [`node:${major}.${minor}-${build?.split('-').at(1)?.split(' ')[0]}-slim`]);
    const ignored = readFileSync(join(ROOT, '.gitignore'), 'utf8').split('\n');
    for (const copy of dockerfile('COPY')) {
      const words = copy.split(' ');
      const isBuilt = words[0] === '--from=build';
      for (const source of words.slice(isBuilt ? 1 : 0, -1)) {
        const path = isBuilt ? source.replace('/app/', '') : source;
        assert.ok(existsSync(join(ROOT, path)), copy);
        assert.ok(isBuilt || !ignored.includes(`${path}/`), `${copy}: a clean checkout has it not`);
      }
    }
    for (const [, script] of dockerfile('RUN')
      .join('\n')
      .matchAll(/npm run (\w+)/g))
      assert.ok(script !== undefined && script in scripts);
    assert.notEqual(dockerfile('USER').at(-1), 'root');
  });

  it('sets only options that there are, and opens the ports that they name', () => {
    const known = new Set(variablesOf(createProgram(quietProcess().cliProcess)));
    // What the example has as a comment is an option, too.
    const example = readFileSync(join(FOLDER, 'node.yaml'), 'utf8').replaceAll(/^# ([\w-]+: \[)/gm, '$1');
    const keys = Object.keys(parse(example));
    assert.ok(keys.includes('bootnode'));
    for (const key of keys) assert.ok(known.has(`METANODE_${key.replaceAll('-', '_').toUpperCase()}`), key);
    const set = dockerfile('ENV').map((text) => text.split('='));
    for (const [name] of set) assert.ok(name === 'NODE_ENV' || known.has(name as string), name);
    const ports = set.flatMap(([, value]) => /(?::|\/tcp\/)(\d+)$/.exec(value as string)?.[1] ?? []);
    assert.deepEqual(dockerfile('EXPOSE').join(' ').split(' '), ports);
  });

  it('starts a node in an image with its own words, which its health check finds alive', async () => {
    const [, health = ''] = /CMD (\[.*\])$/.exec(dockerfile('HEALTHCHECK')[0] as string) ?? [];
    const isHealthy = () => {
      const [tool = '', ...words] = JSON.parse(placed(health)) as string[];
      return spawnSync(tool, words).status;
    };
    assert.equal(isHealthy(), 1);
    await run([...entrypoint(), ...JSON.parse(dockerfile('CMD')[0] as string)], variables(), async () => {
      assert.equal(isHealthy(), 0);
      const client = createClient(`http://${places.get(config['rpc-listen'])}`);
      assert.equal((await client.call('chain_getFinalizedHead')).height, 0);
    });
  });

  it('starts the same node by the unit and its example of a configuration', async () => {
    assert.equal(basename(config['data-dir']), unitValues(unit, 'StateDirectory')[0]);
    const [, ...args] = placed(unitValues(unit, 'ExecStart')[0] as string).split(' ');
    await run([process.execPath, ...args], {});
  });

  const takesUnits = () => {
    const path = join(directory, 'metanode.service');
    writeFileSync(path, unit.replace('/usr/bin/node', process.execPath));
    const verified = spawnSync('systemd-analyze', ['verify', path]);
    assert.deepEqual([verified.status, String(verified.stderr)], [0, '']);
    const exposure = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', path]);
    assert.equal(exposure.status, 0, String(exposure.stdout));
  };
  const title = 'is a unit that systemd takes word for word, shut off from most of the machine';
  const isMissing = spawnSync('systemd-analyze', ['--version']).error !== undefined;
  if (!isMissing || process.env.CI === 'true') it(title, takesUnits);
  else process.stderr.write(`${title}: left out, there is no systemd-analyze\n`);
});
