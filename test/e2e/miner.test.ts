import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { EXIT } from '../../src/cli/exit-code.ts';
import { createClient } from '../../src/client/client.ts';
import type { MethodResult } from '../../src/rpc/schema/methods.ts';
import { addressToText } from '../../src/types/address.ts';
import { ELECTED_RANKS, PROPOSER_RANK } from '../../src/types/section.ts';
import { spawnCli } from '../support/cli.ts';
import { Cluster } from '../support/cluster.ts';
import { runInProcess } from '../support/program.ts';
import { TestnetUnderTest } from '../support/testnet.ts';
import { waitFor } from '../support/wait-for.ts';

const VALIDATORS = 4;
const OBSERVER = VALIDATORS;
const PAYMENTS = 6;

type Notice = { readonly workers: readonly { readonly ledger: string; readonly state: string }[] };

describe('Mining by four validators, seen from outside', function () {
  this.timeout(600_000);
  let directory: string;
  let cluster: Cluster;
  const sockets: WebSocket[] = [];
  /** What the workers of the ledger of the payments told their subscribers. */
  const states = new Set<string>();

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'metanode-miner-'));
    cluster = await Cluster.create({
      directory,
      validators: VALIDATORS,
      blockTimeMs: 300,
      emptyBlocksMs: 600,
    });
    await cluster.startAll();
    await cluster.init(OBSERVER);
    await cluster.start(OBSERVER);
    for (let k = 0; k < VALIDATORS; k++) await subscribe(k);
    // On a busy machine a proposer may be quicker than who is elected, so it takes as many payments as it takes.
    let isElected = false;
    for (let nonce = 0n; nonce < PAYMENTS || !isElected; nonce++) {
      const k = Number(nonce) % VALIDATORS;
      const { height } = await cluster.sendAndWait(k, cluster.transaction(nonce));
      const { sections } = await cluster.client(k).call('chain_getBlock', { height });
      isElected ||= sections.some(({ rank, txCount }) => txCount > 0 && rank < ELECTED_RANKS);
    }
  });

  after(async () => {
    for (const socket of sockets) socket.close();
    await cluster?.stopAll();
    rmSync(directory, { recursive: true, force: true });
  });

  async function subscribe(k: number): Promise<void> {
    const socket = new WebSocket(`ws://127.0.0.1:${cluster.rpcPortOf(k)}/ws`);
    sockets.push(socket);
    await once(socket, 'open');
    socket.on('message', (text) => {
      const { method, params } = JSON.parse(String(text));
      if (method !== 'meta_subscription') return;
      for (const { ledger, state } of (params.data as Notice).workers)
        if (ledger === 'economy') states.add(state);
    });
    const params = { topic: 'scheduler' };
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'meta_subscribe', params }));
  }

  const addressOf = (k: number) => addressToText(cluster.identityOf(k).account.address);
  const miner = (k: number, ...args: string[]) => runInProcess(['--rpc', cluster.urlOf(k), 'miner', ...args]);

  it('is elected alike by all nodes, those that only follow included', async () => {
    const all = [0, 1, 2, 3, OBSERVER];
    const elections = await waitFor('all nodes are asked at one height', async () => {
      const answers = await Promise.all(all.map((k) => cluster.client(k).call('miner_getElection')));
      return answers.every(({ nextHeight }) => nextHeight === answers[0]?.nextHeight) && answers;
    });
    const facts = elections.map(({ beacon, candidates, ledgers }) => ({ beacon, candidates, ledgers }));
    for (const one of facts) assert.deepEqual(one, facts[0]);
    for (const { miners } of facts[0]?.ledgers ?? [])
      assert.equal(new Set(miners.map(({ validator }) => validator)).size, ELECTED_RANKS);
  });

  it('is remembered by the miner as the chain has it', async () => {
    const own = new Map<string, MethodResult<'miner_history'>['items'][number]>();
    for (let k = 0; k < VALIDATORS; k++)
      for (const section of (await cluster.client(k).call('miner_history', { ledger: 'economy' })).items) {
        assert.equal(section.miner, addressOf(k));
        own.set(section.sectionHash, section);
      }
    const observer = cluster.client(OBSERVER);
    let compared = 0;
    for (const { height, sectionHash, state } of own.values()) {
      if (state === 'MINED' || state === 'INCLUDED') continue;
      await cluster.waitForHeight(height, [OBSERVER]);
      const [decided] = (await observer.call('miner_history', { height, ledger: 'economy' })).items;
      assert.equal(decided?.sectionHash === sectionHash, state === 'FINAL');
      if (state === 'LOST') continue;
      const { minedAt: _mined, ...facts } = own.get(sectionHash) ?? {};
      const { minedAt: _unknown, ...onChain } = decided ?? {};
      assert.deepEqual(onChain, facts);
      const section = (await observer.call('chain_getBlock', { height })).sections.at(-1);
      assert.deepEqual(
        [section?.miner, section?.rank, section?.txCount, section?.work, section?.proofType],
        [decided?.miner, decided?.rank, decided?.txCount, decided?.work, 'gold'],
      );
      compared++;
    }
    assert.ok(compared > 0, 'none of the payments stands in a section of an elected miner');
  });

  it('is told to subscribers step by step, and counted', async () => {
    // Building usually begins and ends within one turn of the event loop, of which the end is told.
    await waitFor('the states of a mined section are told', () =>
      ['ELECTED', 'MINED'].every((state) => states.has(state)),
    );
    const statuses = await Promise.all([0, 1, 2, 3].map((k) => cluster.client(k).call('miner_status')));
    let final = 0;
    for (const [k, status] of statuses.entries()) {
      assert.deepEqual([status.mining, status.miner], [true, addressOf(k)]);
      for (const { elected, worker } of status.ledgers) {
        assert.ok(worker !== null);
        if (worker.height === status.nextHeight && worker.rank !== null)
          assert.equal(elected[worker.rank], addressOf(k));
        const { MINED, FINAL, LOST } = worker.counts;
        assert.ok(FINAL + LOST <= MINED);
        final += FINAL;
      }
    }
    assert.ok(final > 0);
  });

  it('is shown by the command line, and refused where nothing is mined', async () => {
    const status = await miner(0, 'status');
    assert.equal(status.code, EXIT.ok, status.stderr);
    assert.ok(status.stdout.includes(`miner ${addressOf(0)}`));
    assert.match(status.stdout, /^economy +gold/m);
    const following = await miner(OBSERVER, 'status');
    assert.match(following.stdout, /does not mine/);

    const { height } = await cluster.client(0).call('chain_getFinalizedHead');
    const decided = await miner(OBSERVER, 'history', '--height', String(height), '--json');
    assert.equal(JSON.parse(decided.stdout).items.length, 5);
    assert.equal((await miner(0, 'history', '--ledger', 'economy', '--limit', '3')).code, EXIT.ok);
    const refused = await miner(OBSERVER, 'history');
    assert.equal(refused.code, EXIT.refused);
    assert.match(refused.stderr, /NOT_A_MINER/);

    const election = await miner(0, 'election');
    for (let k = 0; k < VALIDATORS; k++) assert.ok(election.stdout.includes(addressOf(k)));
    assert.equal((await miner(0, 'queue', 'economy')).code, EXIT.ok);
    assert.equal((await miner(0, 'queue', 'gold')).code, EXIT.usage);
  });

  it('is watched until Ctrl-C', async () => {
    const { child, result, output } = spawnCli([
      'miner',
      'status',
      '--watch',
      '--json',
      '--rpc',
      cluster.urlOf(0),
    ]);
    await waitFor('two looks', () => output().split('"nextHeight"').length > 2);
    child.kill('SIGINT');
    assert.equal((await result).code, EXIT.ok);
  });
});

describe('metanode testnet up --no-mining', function () {
  this.timeout(600_000);
  let testnet: TestnetUnderTest;

  before(async () => {
    testnet = await TestnetUnderTest.create('no-mining');
  });
  after(async () => {
    await testnet?.destroy();
  });

  it('leaves every section to the proposer, also when the testnet goes on', async () => {
    await testnet.up('--validators', '1', '--no-load', '--no-mining');
    const alice = join(testnet.directory, 'accounts', 'alice.json');
    await testnet.succeed(
      'economy',
      'transfer',
      addressToText('11'.repeat(32)),
      '1',
      '--from',
      alice,
      '--insecure-keys',
    );
    const client = createClient((await testnet.first()).rpc);
    const [receipt] = (await client.call('chain_searchReceipts', { type: 'Transfer' })).items;
    const { items } = await client.call('miner_history', {
      height: receipt?.height as number,
      ledger: 'economy',
    });
    assert.deepEqual(
      items.map(({ rank, txCount }) => [rank, txCount]),
      [[PROPOSER_RANK, 1]],
    );
    await testnet.succeed('testnet', 'stop');
    await testnet.succeed('testnet', 'up', '--detach', '--no-load');
    assert.equal((await createClient((await testnet.first()).rpc).call('miner_status')).mining, false);
  });
});
