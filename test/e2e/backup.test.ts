import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, createClient } from '../../src/client/client.ts';
import { spawnCli } from '../support/cli.ts';
import { freePort } from '../support/ports.ts';
import { runInProcess } from '../support/program.ts';
import { type NodeEntry, TestnetUnderTest } from '../support/testnet.ts';
import { waitFor } from '../support/wait-for.ts';

describe('A chain of four validators, of which one has ended', function () {
  this.timeout(600_000);
  let testnet: TestnetUnderTest;
  let dataDir: string;
  let one: NodeEntry;
  let ended: NodeEntry;
  /** Height of the ended one. */
  let height: number;

  before(async () => {
    testnet = await TestnetUnderTest.create('backup');
    const size = ['--validators', '4', '--block-time', '500ms', '--empty-blocks', '1s'];
    await testnet.up(...size, '--no-load', '--wait-blocks', '1');
    await testnet.succeed('testnet', 'load', '--rate', '5', '--seconds', '3', '--only', 'Transfer');
    const nodes = await testnet.nodes();
    [one, ended] = [nodes[0], nodes[3]] as [NodeEntry, NodeEntry];
    await testnet.succeed('testnet', 'kill', ended.name);
    dataDir = join(testnet.directory, 'nodes', ended.name);
  });
  after(() => testnet.destroy());

  const file = (name: string) => join(testnet.root, name);
  async function run(...args: string[]) {
    const { code, stdout, stderr } = await runInProcess([...args, '--json']);
    assert.equal(code, 0, `${args.join(' ')}: ${stderr}${stdout}`);
    return JSON.parse(stdout);
  }

  /** Some blocks above its first ones the node has what the others have. */
  async function follows(client: Client): Promise<void> {
    const other = createClient(one.rpc);
    const { height: reached } = await other.call('chain_getFinalizedHead');
    const head = await waitFor('the node has caught up', async () => {
      const found = await client.call('chain_getFinalizedHead').catch(() => undefined);
      return found !== undefined && found.height > reached + 2 && found;
    });
    await testnet.waitForHeight(one, head.height); // by now it may be the other that is behind
    assert.equal(head.hash, (await other.call('chain_getBlockHash', { height: head.height })).hash);
  }

  it('gives a snapshot and its blocks, both final without a word of who made them', async () => {
    const genesis = join(testnet.directory, 'genesis.json');
    const made = await run('snapshot', 'create', file('state'), '--data-dir', dataDir);
    ({ height } = made);
    assert.deepEqual(await run('snapshot', 'verify', file('state'), '--genesis', genesis), made);
    assert.equal(made.blockHash, (await createClient(one.rpc).call('chain_getBlockHash', { height })).hash);
    const exported = await run('export', file('blocks'), '--data-dir', dataDir);
    assert.deepEqual([exported.fromHeight, exported.toHeight], [1, height]);
    const running = await runInProcess([
      ...['snapshot', 'create', file('other')],
      ...['--data-dir', join(testnet.directory, 'nodes', one.name)],
    ]);
    assert.equal(running.code, 1);
    assert.match(running.stderr, /DATA_DIR_LOCKED/);
  });

  it('has it back at the height of the snapshot, and its seals in the blocks that follow', async () => {
    await rm(join(dataDir, 'db'), { recursive: true });
    await run('snapshot', 'restore', file('state'), '--data-dir', dataDir);
    await testnet.succeed('testnet', 'resume', ended.name);
    const client = createClient(ended.rpc);
    await follows(client);
    assert.equal((await client.call('chain_getFinalizedHead')).lowestHeight, height + 1);
    await assert.rejects(client.call('chain_getBlock', { height: 1 }), { code: 'PRUNED' });
    await waitFor('a seal of its own', async () => {
      const { committers } = await client.call('ibft_getBlockCommitters', {});
      return committers.includes(ended.validator as string);
    });
    await testnet.succeed('testnet', 'check');
  });

  it('gives a new node the blocks of another, and that follows the chain', async () => {
    const observer = file('observer');
    const genesis = join(testnet.directory, 'genesis.json');
    await run('node', 'init', '--genesis', genesis, '--data-dir', observer, '--insecure-keys');
    const { imported } = await run('import', file('blocks'), '--data-dir', observer);
    assert.equal(imported, height);
    const [listen, rpc] = [`/ip4/127.0.0.1/tcp/${await freePort()}`, `127.0.0.1:${await freePort()}`];
    const node = spawnCli([
      ...['node', 'start', '--data-dir', observer, '--insecure-keys', '--log-level', 'fatal'],
      ...['--bootnode', one.p2p, '--listen', listen, '--rpc-listen', rpc],
    ]);
    try {
      const client = createClient(`http://${rpc}`);
      await follows(client);
      assert.equal((await client.call('chain_getFinalizedHead')).lowestHeight, 1);
    } finally {
      node.child.kill('SIGTERM');
      await node.result;
    }
  });
});
