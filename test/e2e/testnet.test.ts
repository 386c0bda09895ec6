import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '../../src/client/client.ts';
import { runCli, spawnCli } from '../support/cli.ts';
import { type NodeEntry, runningOf, TestnetUnderTest } from '../support/testnet.ts';

describe('a testnet of four validators and an observer', function () {
  this.timeout(240_000);
  let testnet: TestnetUnderTest;

  before(async () => {
    testnet = await TestnetUnderTest.create('four');
    const up = ['testnet', 'up', '--validators', '4', '--observers', '1', '--port-base', '0', '--detach'];
    await testnet.succeed(...up, '--wait-blocks', '3', '--empty-blocks', '2s', '--timeout', '90s');
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

  it('gives every operation a success and a failure, and a second checker agrees with every node', async () => {
    const report = JSON.parse(
      await testnet.succeed('testnet', 'load', '--rate', '20', '--seconds', '25', '--json'),
    );
    assert.equal(report.lost + report.repeated + report.unexpected + report.refused, 0);
    assert.ok(report.failedShare >= 0.05);
    const { invariants, secondChecker } = JSON.parse(
      await testnet.succeed('testnet', 'check', '--coverage', '--json'),
    );
    assert.equal(invariants.nodes, 5);
    assert.ok(secondChecker.transactions >= report.final);
  });

  it('proves a transaction offline, and names the check that a changed proof fails', async () => {
    const client = createClient((await testnet.first()).rpc);
    let txId: string | undefined;
    for (let height = await testnet.heightOf(await testnet.first()); txId === undefined; height--)
      txId = (await client.call('chain_getReceipts', { height })).items[0]?.txId;
    const proof = join(testnet.root, 'proof.json');
    const genesis = join(testnet.directory, 'genesis.json');
    assert.equal((await runCli(['tx', 'proof', txId, '--out', proof, '--rpc', client.url])).code, 0);
    const valid = await runCli(['verify', proof, '--genesis', genesis, '--json']);
    assert.equal(valid.code, 0, valid.stderr);
    assert.equal(JSON.parse(valid.stdout).txId, txId);

    const json = JSON.parse(await readFile(proof, 'utf8'));
    json.header.stateRoot = `0x${'00'.repeat(32)}`;
    await writeFile(proof, JSON.stringify(json));
    const changed = await runCli(['verify', proof, '--genesis', genesis]);
    assert.equal(changed.code, 1);
    assert.match(changed.stderr, /CERTIFICATE|HEADER/);
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
    const sent = await runCli(args);
    assert.equal(sent.code, 0, sent.stderr);
    const receipt = JSON.parse(sent.stdout);
    assert.equal(receipt.status, 'OK');
    assert.equal(receipt.events[0].data.amount, '1500000');
    const tooMuch = await runCli([...args.slice(0, 3), '999999999', ...args.slice(4)]);
    assert.equal(tooMuch.code, 1);
    assert.match(tooMuch.stderr, /FAILED_RECEIPT.*INSUFFICIENT_BALANCE/);
    const gap = await runCli([...args, '--nonce', '900', '--no-wait']);
    assert.equal(gap.code, 4, gap.stderr);
    assert.match(gap.stderr, /REFUSED: NONCE/);
  });

  it('goes on with one of four killed, halts with two, and goes on when they are back', async () => {
    await testnet.succeed('testnet', 'kill', 'v4');
    const one = await testnet.first();
    await testnet.waitForHeight(one, (await testnet.heightOf(one)) + 2);
    await testnet.succeed('testnet', 'kill', 'v3');
    await sleep(3_000);
    const halted = await testnet.heightOf(one);
    await sleep(6_000);
    assert.equal(await testnet.heightOf(one), halted);
    assert.equal((await testnet.run('testnet', 'status')).code, 6);
    await testnet.succeed('testnet', 'resume');
    for (const node of await testnet.nodes()) await testnet.waitForHeight(node, halted + 2);
    await testnet.succeed('testnet', 'check');
  });

  it('goes on after all nodes were killed at once', async () => {
    const before = await testnet.heightOf(await testnet.first());
    await testnet.succeed('testnet', 'kill', 'all');
    await testnet.succeed('testnet', 'resume');
    for (const node of await testnet.nodes()) await testnet.waitForHeight(node, before + 2);
    await testnet.succeed('testnet', 'check');
  });

  it('refuses to start over a running testnet, and ends all processes on down', async () => {
    const again = await testnet.run('testnet', 'up', '--detach');
    assert.equal(again.code, 1);
    assert.match(again.stderr, /TESTNET_RUNNING/);
    const pids = (await testnet.nodes()).map(({ pid }) => pid as number);
    await testnet.succeed('testnet', 'down');
    assert.deepEqual(await runningOf(pids), []);
  });
});

const UP = ['testnet', 'up', '--validators', '4', '--port-base', '0'];

describe('a testnet in the foreground', function () {
  this.timeout(120_000);

  it('shows its progress and ends all its processes on Ctrl-C', async () => {
    const root = await mkdtemp(join(tmpdir(), 'metanode-foreground-'));
    try {
      const { child, result, output } = spawnCli([...UP, '--data-dir', join(root, 'net')]);
      for (let tries = 0; tries < 900 && !/load 5\/s: sent/.test(output()); tries++) await sleep(100);
      assert.match(output(), /quorum 3 of 4/);
      assert.match(output(), /load 5\/s: sent/);
      const file = JSON.parse(await readFile(join(root, 'net', 'testnet.json'), 'utf8'));
      const pids = file.nodes.map(({ pid }: NodeEntry) => pid) as number[];
      assert.deepEqual(await runningOf(pids), pids);
      child.kill('SIGINT');
      assert.equal((await result).code, 0);
      assert.deepEqual(await runningOf(pids), []);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });

  it('fails and names the log of a node that died unasked', async () => {
    const root = await mkdtemp(join(tmpdir(), 'metanode-dead-'));
    try {
      const { result, output } = spawnCli([...UP, '--data-dir', join(root, 'net')]);
      for (let tries = 0; tries < 900 && !/consensus/.test(output()); tries++) await sleep(100);
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
