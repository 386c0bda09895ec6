import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { EXIT } from '../../src/cli/exit-code.ts';
import { runProgram } from '../../src/cli/program.ts';
import { addressToText } from '../../src/types/address.ts';
import { Cluster } from '../support/cluster.ts';
import { waitFor } from '../support/wait-for.ts';

/** The table of what is missing, without the line that names the proposer. */
const missingLines = (text: string) => text.slice(text.indexOf('\nmissing '));

describe('A cluster of four validators that loses two', function () {
  this.timeout(600_000);
  let directory: string;
  let cluster: Cluster;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'metanode-diagnose-'));
    cluster = await Cluster.create({
      directory,
      validators: 4,
      blockTimeMs: 200,
      emptyBlocksMs: 250,
      options: { baseTimeoutMs: 500, resendIntervalMs: 300 },
    });
    await cluster.startAll();
    await cluster.waitForHeight(3);
  });

  after(async () => {
    await cluster?.stopAll();
    rmSync(directory, { recursive: true, force: true });
  });

  const addressOf = (k: number) => addressToText(cluster.identityOf(k).account.address);
  const diagnose = (k: number) => cluster.client(k).call('ibft_diagnose');

  it('is well while all four run', async () => {
    // Also afterwards everyone can tell one that has gone from one that was never there.
    for (const k of [0, 1, 2, 3]) {
      const diagnosis = await waitFor('all are here', async () => {
        const answer = await diagnose(k);
        return answer.ok && answer.missing.length === 0 && answer;
      });
      assert.deepEqual(diagnosis.quorum, { need: 3, have: 4, validators: 4 });
    }
  });

  it('stays well with one stopped, and names it', async () => {
    await cluster.stop(3);
    const diagnosis = await waitFor('one is missing', async () => {
      const answer = await diagnose(0);
      return answer.ok && answer.missing.length === 1 && answer;
    });
    assert.equal(diagnosis.missing[0]?.validator, addressOf(3));
  });

  it('names exactly the two that were stopped, their peers and why they cannot be reached', async () => {
    const stopped = cluster.nodes.get(2)?.peerId as string;
    await cluster.stop(2);
    for (const k of [0, 1]) {
      const diagnosis = await waitFor('the dials have failed and a round has passed', async () => {
        const answer = await diagnose(k);
        const refused = answer.missing.every(({ reason }) => /ECONNREFUSED/.test(reason ?? ''));
        return !answer.ok && answer.round > 0 && refused && answer;
      });
      assert.deepEqual(
        diagnosis.missing.map(({ validator }) => validator).sort(),
        [addressOf(2), addressOf(3)].sort(),
      );
      for (const { state, since } of diagnosis.missing) {
        assert.equal(state, 'disconnected');
        assert.ok(Date.parse(since ?? '') <= Date.now());
      }
      assert.equal(diagnosis.missing.find(({ validator }) => validator === addressOf(2))?.peer, stopped);
      assert.deepEqual(diagnosis.quorum, { need: 3, have: 2, validators: 4 });
      assert.equal(diagnosis.height, (await cluster.height(k)) + 1);
      assert.ok(diagnosis.stuckForMs > 0);
      assert.match(diagnosis.verdict, /^NO_QUORUM: 2 validators missing at height /);
      assert.match(diagnosis.hints[0] ?? '', /^start any 1 of the 2 missing validators/);
      const proposer = diagnosis.proposer[`round${diagnosis.round}`];
      assert.equal(
        diagnosis.proposer.online,
        !diagnosis.missing.some(({ validator }) => validator === proposer),
      );
    }
  });

  it('shows the same on the command line, and ends with the code for what is not healthy', async () => {
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const cliProcess = { stdin: new PassThrough(), stdout, stderr, env: {} };
    const url = cluster.urlOf(0);
    assert.equal(await runProgram(['--rpc', url, 'debug', 'consensus'], cliProcess), EXIT.notHealthy);
    const text = String(stdout.read());
    for (const k of [2, 3]) assert.ok(text.includes(addressOf(k)));
    for (const k of [0, 1]) assert.ok(!missingLines(text).includes(addressOf(k)));
    assert.match(text, /ECONNREFUSED/);
    assert.equal(
      await runProgram(['--rpc', url, '--json', 'debug', 'consensus'], cliProcess),
      EXIT.notHealthy,
    );
    assert.equal(JSON.parse(String(stdout.read())).missing.length, 2);
  });

  it('is well again after one of them is back, and the history shows the rounds that failed', async () => {
    const { height } = await diagnose(0);
    await cluster.start(2);
    await cluster.waitForHeight(height + 1, [0]);
    assert.equal(await waitFor('it is well', async () => (await diagnose(0)).ok || undefined), true);
    const { items } = await cluster.client(0).call('ibft_roundHistory', { limit: 64 });
    const stuck = items.find((item) => item.height === height);
    assert.ok(stuck !== undefined && stuck.durationMs !== null);
    assert.ok(stuck.rounds.length > 1);
    assert.deepEqual([stuck.rounds[0]?.outcome, stuck.rounds.at(-1)?.outcome], ['timeout', 'decided']);
    assert.ok(
      ['NO_PROPOSAL', 'NO_PREPARE_QUORUM', 'NO_COMMIT_QUORUM'].includes(String(stuck.rounds[0]?.reason)),
    );
  });
});
