import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '../../src/client/client.ts';
import { spawnCli } from '../support/cli.ts';
import { MinedBlocks } from '../support/mined-blocks.ts';
import { freePortBase } from '../support/ports.ts';
import { runInProcess } from '../support/program.ts';
import { type NodeEntry, runningOf, TestnetUnderTest } from '../support/testnet.ts';
import { waitFor } from '../support/wait-for.ts';

const LIGHT_LOAD = ['testnet', 'load', '--rate', '8', '--no-validator-changes', '--json'];
/** Blocks under load of which it is counted who mined them. */
const BLOCKS = 8;
const MAX_BLOCKS = 10 * BLOCKS;
/** A halted chain is watched for several block intervals. */
const HALT_MS = 5_000;

describe('a testnet of four validators and an observer', function () {
  this.timeout(600_000);
  let testnet: TestnetUnderTest;

  before(async () => {
    testnet = await TestnetUnderTest.create('four');
    const size = ['--validators', '4', '--observers', '1'];
    await testnet.up(...size, '--wait-blocks', '3', '--empty-blocks', '2s');
  });

  after(async () => {
    await testnet.destroy();
  });

  it('runs real processes that testnet.json describes', async () => {
    const list = await testnet.nodes();
    assert.deepEqual(
      list.map(({ name, validator }) => [name, validator !== null]),
      [
        ['v1', true],
        ['v2', true],
        ['v3', true],
        ['v4', true],
        ['o1', false],
      ],
    );
    for (const { pid, rpc, peerId, p2p } of list) {
      assert.ok(pid !== null && (await runningOf([pid])).length === 1);
      assert.ok(p2p.endsWith(peerId));
      assert.equal((await createClient(rpc).call('net_identity')).peerId, peerId);
    }
  });

  it('sends a transfer by the command line and prints its receipt', async () => {
    const alice = join(testnet.directory, 'accounts', 'alice.json');
    const bob = JSON.parse(await readFile(join(testnet.directory, 'accounts', 'bob.json'), 'utf8'));
    const { rpc } = await testnet.first();
    const args = [
      'economy',
      'transfer',
      bob.address,
      '1.5',
      '--from',
      alice,
      '--insecure-keys',
      '--rpc',
      rpc,
      '--json',
    ];
    const sent = await runInProcess(args);
    assert.equal(sent.code, 0, sent.stderr);
    const receipt = JSON.parse(sent.stdout);
    assert.equal(receipt.status, 'OK');
    assert.equal(receipt.events[0].data.amount, '1500000');
    const tooMuch = await runInProcess([...args.slice(0, 3), '999999999', ...args.slice(4)]);
    assert.equal(tooMuch.code, 1);
    assert.match(tooMuch.stderr, /FAILED_RECEIPT.*INSUFFICIENT_BALANCE/);
    const gap = await runInProcess([...args, '--nonce', '900', '--no-wait']);
    assert.equal(gap.code, 4, gap.stderr);
    assert.match(gap.stderr, /REFUSED: NONCE/);
  });

  it('proves a transaction offline, and names the check that a changed proof fails', async () => {
    const client = createClient((await testnet.first()).rpc);
    let txId: string | undefined;
    for (let height = await testnet.heightOf(await testnet.first()); txId === undefined; height--)
      txId = (await client.call('chain_getReceipts', { height })).items[0]?.txId;
    const proof = join(testnet.root, 'proof.json');
    const genesis = join(testnet.directory, 'genesis.json');
    assert.equal((await runInProcess(['tx', 'proof', txId, '--out', proof, '--rpc', client.url])).code, 0);
    const valid = await runInProcess(['verify', proof, '--genesis', genesis, '--json']);
    assert.equal(valid.code, 0, valid.stderr);
    assert.equal(JSON.parse(valid.stdout).txId, txId);

    const json = JSON.parse(await readFile(proof, 'utf8'));
    json.header.stateRoot = `0x${'00'.repeat(32)}`;
    await writeFile(proof, JSON.stringify(json));
    const changed = await runInProcess(['verify', proof, '--genesis', genesis]);
    assert.equal(changed.code, 1);
    assert.match(changed.stderr, /CERTIFICATE|HEADER/);
  });

  it('goes on with one of four killed, whose sections are mined by others', async () => {
    const load = testnet.spawn(...LIGHT_LOAD, '--seconds', '120');
    const one = await testnet.first();
    await testnet.waitForHeight(one, (await testnet.heightOf(one)) + 2);
    const dead = (await testnet.nodes())[3] ?? assert.fail('there is no fourth node');
    await testnet.succeed('testnet', 'kill', dead.name);
    // What it sent before its death may still come into the next blocks.
    const from = (await testnet.heightOf(one)) + 3;
    let mined: MinedBlocks;
    let to = from;
    do {
      to += BLOCKS;
      await testnet.waitForHeight(one, to);
      mined = await MinedBlocks.read(one, from, to);
      // The dead one is elected for every fourth section.
    } while (to < from + MAX_BLOCKS && mined.sections.every(({ rank }) => rank === 0));
    assert.ok(
      mined.sections.some(({ rank }) => rank > 0),
      `nobody mined for the dead one in ${MAX_BLOCKS} blocks`,
    );
    assert.ok(mined.sections.every(({ miner }) => miner !== dead.validator));
    load.child.kill('SIGTERM');
    await load.result;
  });

  it('halts with two of four killed, and goes on when they are back', async () => {
    await testnet.succeed('testnet', 'kill', 'v3');
    const halted = await testnet.heightOfHalt(HALT_MS);
    assert.equal((await testnet.run('testnet', 'status')).code, 6);
    await testnet.assertNamesTheDead(await testnet.first());
    await testnet.succeed('testnet', 'resume');
    for (const node of await testnet.nodes()) await testnet.waitForHeight(node, halted + 2);
  });

  it('goes on with the blocks that it had after all nodes were stopped, and killed at once', async () => {
    for (const how of ['stop', 'kill']) {
      const one = await testnet.first();
      const before = await testnet.heightOf(one);
      const headers = await testnet.headersUpTo(one, before);
      await testnet.succeed('testnet', how, 'all');
      await testnet.succeed('testnet', 'resume');
      for (const node of await testnet.nodes()) {
        await testnet.waitForHeight(node, before + 2);
        assert.deepEqual(await testnet.headersUpTo(node, before), headers, `${node.name} after ${how}`);
      }
    }
    const { invariants, secondChecker } = JSON.parse(await testnet.succeed('testnet', 'check', '--json'));
    assert.equal(invariants.nodes, 5);
    assert.ok(secondChecker.transactions > 0);
  });

  it('refuses to start over a running testnet, and ends all processes on down', async () => {
    const again = await testnet.run('testnet', 'up', '--detach');
    assert.equal(again.code, 1);
    assert.match(again.stderr, /TESTNET_RUNNING/);
    assert.match((await testnet.run('testnet', 'reset', '--yes')).stderr, /TESTNET_RUNNING/);
    const pids = (await testnet.nodes()).map(({ pid }) => pid as number);
    await testnet.succeed('testnet', 'down');
    assert.deepEqual(await runningOf(pids), []);
  });
});

const up = async () => ['testnet', 'up', '--validators', '2', '--port-base', String(await freePortBase())];

describe('a testnet in the foreground', function () {
  this.timeout(600_000);

  it('fails and names the log of a node that died unasked', async () => {
    const root = await mkdtemp(join(tmpdir(), 'metanode-dead-'));
    try {
      const { result, output } = spawnCli([...(await up()), '--data-dir', join(root, 'net')]);
      await waitFor('both run', () => /consensus/.test(output()));
      const file = JSON.parse(await readFile(join(root, 'net', 'testnet.json'), 'utf8'));
      process.kill(file.nodes[1].pid, 'SIGKILL');
      const { code, stderr } = await result;
      assert.equal(code, 1);
      assert.match(stderr, /NODE_DIED: v2 ended with SIGKILL/);
      assert.match(stderr, /v2\.log/);
      const pids = file.nodes.map(({ pid }: NodeEntry) => pid) as number[];
      assert.deepEqual(await runningOf(pids), []);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });
});
