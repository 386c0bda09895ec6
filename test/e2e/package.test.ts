import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import { build, transform } from 'esbuild';
import { WebSocket } from 'ws';
import { addressToText } from '../../src/types/address.ts';
import { GenesisType } from '../../src/types/genesis.ts';
import { toHex } from '../../src/util/bytes.ts';
import { Cluster } from '../support/cluster.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A program that somebody else wrote with nothing but the types of the package. */
const CONSUMER = `
import {
  addressToText, type Client, ClientError, createClient, genesisFromJson, keyPairFromSeed, type MethodResult,
  operationNamed, TransactionSender, verifyFinalityProofJson,
} from 'metanode/client';

const reasonOf = (error: unknown): string => (error instanceof ClientError ? error.reason : 'none');

export async function pay(rpc: string, seed: string, to: string, genesis: unknown) {
  const client: Client = createClient(rpc);
  const nextHeight = new Promise<number>((resolve, reject) => {
    client.subscribe('newHeads', {
      onData: (data) => resolve((data as { height: number }).height),
      onRefused: reject,
    });
  });
  const keys = keyPairFromSeed(Uint8Array.from(seed.match(/../g) ?? [], (byte) => parseInt(byte, 16)));
  const sender = await TransactionSender.open(client, keys, { maxFee: 1_000_000n, timeoutMs: 60_000 });
  const data = { to, token: 'FLX', amount: '1000', reference: 'package' };
  const receipt = await sender.send('economy', [operationNamed('economy', 'Transfer', data)]);
  const proof: MethodResult<'chain_getTransactionProof'> = await client.call('chain_getTransactionProof', {
    txId: receipt.txId,
  });
  const outcome = verifyFinalityProofJson(proof, genesisFromJson(genesis));
  // @ts-expect-error no node has such a method
  const unknown = await client.call('chain_getMoon', {}).catch(reasonOf);
  // @ts-expect-error a transaction is asked for by its id
  const incomplete = await client.call('tx_getReceipt', {}).catch(reasonOf);
  const seen = await nextHeight;
  client.close();
  return {
    sender: addressToText(sender.address), height: receipt.height, seen: seen > 0, unknown, incomplete,
    ...(outcome.valid ? { status: outcome.status, txId: '0x' + outcome.txId === receipt.txId } : outcome),
  };
}
`;
const MAIN = `
import { readFileSync } from 'node:fs';
import { pay } from './consumer.mjs';
const [rpc, seed, to, genesis] = process.argv.slice(2);
console.log(JSON.stringify(await pay(rpc, seed, to, JSON.parse(readFileSync(genesis, 'utf8')))));
`;
const COMPILER_OPTIONS = {
  strict: true,
  module: 'nodenext',
  target: 'es2023',
  lib: ['es2024', 'dom'],
  types: ['node'],
  typeRoots: [join(ROOT, 'node_modules', '@types')],
  noEmit: true,
};

const run = async (file: string, args: readonly string[], cwd: string) =>
  (await promisify(execFile)(file, args, { cwd, maxBuffer: 16 * 1024 * 1024 })).stdout;

describe('the package', function () {
  this.timeout(600_000);
  let root: string;
  let project: string;
  let installed: string;
  let cluster: Cluster;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'metanode-package-'));
    project = join(root, 'project');
    installed = join(project, 'node_modules', 'metanode');
    await mkdir(installed, { recursive: true });
    // What `npm install` of the archive does, without a registry: unpack it, and put its dependencies beside it.
    const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', root];
    const [packed] = JSON.parse(await run('npm', pack, ROOT)) as [{ filename: string }];
    await run('tar', ['xzf', packed.filename, '--strip-components=1', '-C', installed], root);
    const { dependencies } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
    for (const name of Object.keys(dependencies)) {
      const link = join(project, 'node_modules', name);
      await mkdir(dirname(link), { recursive: true });
      await symlink(join(ROOT, 'node_modules', name), link);
    }
    await writeFile(join(project, 'package.json'), JSON.stringify({ type: 'module' }));
    await writeFile(join(project, 'consumer.ts'), CONSUMER);
    cluster = await Cluster.create({
      directory: join(root, 'chain'),
      validators: 1,
      blockTimeMs: 200,
    });
    await writeFile(join(root, 'genesis.json'), JSON.stringify(GenesisType.toJson(cluster.genesis)));
    await cluster.startAll();
  });

  after(async () => {
    await cluster?.stopAll();
    await rm(root, { recursive: true, force: true });
  });

  const paid = (outcome: Record<string, unknown>) => {
    const { status, txId, seen, unknown, incomplete } = outcome;
    assert.deepEqual(
      { status, txId, seen, unknown, incomplete },
      { status: 'OK', txId: true, seen: true, unknown: 'METHOD_NOT_FOUND', incomplete: 'INVALID_PARAMS' },
      JSON.stringify(outcome),
    );
  };
  const payer = () => toHex(cluster.alice.keys.seed);

  it('holds what runs and what is read, and no sources, tests or keys', async () => {
    const entries = await readdir(installed, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    for (const name of ['metanode.js', 'program.cjs', 'program.cjs.compiled', 'index.html', 'README.md'])
      assert.ok(files.includes(name), name);
    const foreign = files.filter((name) => /(?<!\.d)\.tsx?$|\.test\.|\.pem$|\.key$|\.token$/.test(name));
    assert.deepEqual(foreign, []);
    const { metanode } = JSON.parse(
      await run(process.execPath, [join(installed, 'dist', 'metanode.js'), 'version', '--json'], project),
    );
    assert.equal(metanode, JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')).version);
  });

  it('gives metanode/client with its types to a program in TypeScript', async () => {
    const config = { compilerOptions: { ...COMPILER_OPTIONS }, files: ['consumer.ts'] };
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify(config));
    const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    assert.equal(await run(process.execPath, [compiler, '-p', 'tsconfig.json'], project), '');
  });

  it('lets a program in Node.js pay, hear of blocks, and verify what became of it', async () => {
    const { code } = await transform(CONSUMER, { loader: 'ts', format: 'esm' });
    await writeFile(join(project, 'consumer.mjs'), code);
    await writeFile(join(project, 'main.mjs'), MAIN);
    const args = [
      'main.mjs',
      cluster.urlOf(0),
      payer(),
      addressToText(cluster.bob.address),
      join(root, 'genesis.json'),
    ];
    paid(JSON.parse(await run(process.execPath, args, project)));
  });

  it('lets a page do the same with nothing but what browsers have', async () => {
    const bundle = await build({
      absWorkingDir: project,
      entryPoints: ['consumer.ts'],
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'iife',
      globalName: 'consumer',
      logLevel: 'silent',
    });
    const page = createContext({
      ...{
        fetch,
        WebSocket,
        AbortSignal,
        AbortController,
        TextEncoder,
        TextDecoder,
        URL,
        crypto,
        performance,
      },
      ...{ setTimeout, clearTimeout, setInterval, clearInterval },
      genesis: JSON.stringify(GenesisType.toJson(cluster.genesis)),
      given: [cluster.urlOf(0), payer(), addressToText(cluster.bob.address)],
    });
    runInContext(bundle.outputFiles[0]?.text ?? '', page);
    paid(
      JSON.parse(
        await runInContext(
          'consumer.pay(...given, JSON.parse(genesis)).then((outcome) => JSON.stringify(outcome))',
          page,
        ),
      ),
    );
  });
});
