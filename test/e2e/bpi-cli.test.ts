import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressToText } from '../../src/types/address.ts';
import { deriveAuthorityKeys } from '../../testnet/identities.ts';
import { Cluster } from '../support/cluster.ts';
import { runInProcess } from '../support/program.ts';

const SEED = 'bpi commands';
const ANN = '{"id": "ann", "region": "EU", "classification": "PII"}';
const JOAO = '{"id": "joao", "region": "BR", "classification": "PII"}';

/** One validator, and the commands of two parties and their auditors. */
describe('metanode bpi', function () {
  this.timeout(600_000);
  let directory: string;
  let file: string;
  let cluster: Cluster;
  let agreement: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'metanode-bpi-'));
    file = join(directory, 'terms.yaml');
    cluster = await Cluster.create({
      directory,
      seed: SEED,
      validators: 1,
      blockTimeMs: 200,
      emptyBlocksMs: 250,
    });
    await cluster.startAll();
    const [first, second] = deriveAuthorityKeys(SEED).auditors;
    const keys = {
      alice: cluster.alice.keys,
      bob: cluster.bob.keys,
      'auditor-1': first,
      'auditor-2': second,
    };
    for (const [name, pair] of Object.entries(keys)) {
      assert.ok(pair);
      const args = ['keys', 'import', name, '--insecure-keys', '--data-dir', directory];
      assert.equal((await runInProcess(args, {}, Buffer.from(pair.seed).toString('hex'))).code, 0);
    }
    await cluster.waitForHeight(3);
  });

  after(async () => {
    await cluster?.stopAll();
    await rm(directory, { recursive: true, force: true });
  });

  const metanode = async (args: readonly string[]) =>
    await runInProcess(['bpi', ...args, '--rpc', cluster.client(0).url, '--data-dir', directory, '--json']);
  async function run(...args: string[]) {
    const { code, stdout, stderr } = await metanode(args);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  }
  /** Sends, and returns the receipt. */
  const send = async (from: string, ...args: string[]) =>
    await run(...args, '--from', from, '--insecure-keys');

  it('prints the example, and reads it back as typed terms without a node', async () => {
    await writeFile(file, (await run('example')).yaml);
    const terms = await run('parse', file);
    assert.equal(terms.name, 'TrafficLight-BISO-Pipeline');
    assert.deepEqual(
      terms.policies.map(({ type }: { type: string }) => type),
      ['geographic_restriction', 'data_classification'],
    );
  });

  it('refuses what is no agreement with its line, before anything is sent', async () => {
    const bad = join(directory, 'bad.yaml');
    await writeFile(bad, 'agreement:\n  name: n\n  name: m\n');
    for (const args of [
      ['parse', bad],
      ['propose', bad, '--from', 'alice', '--insecure-keys'],
    ]) {
      const { code, stderr } = await metanode(args);
      assert.equal(code, 1);
      assert.match(stderr, /YAML_DUPLICATE_KEY: .*bad\.yaml:3:/);
    }
  });

  it('takes an agreement from its file into force', async () => {
    const party = addressToText(cluster.bob.address);
    const proposed = await send('alice', 'propose', file, '--party', party);
    agreement = proposed.events[0].data.agreement;
    await send('alice', 'sign', agreement, '--file', file);
    const { versionHash } = await run('parse', file);
    await send('bob', 'sign', agreement, '--version-hash', versionHash);
    await send('bob', 'activate', agreement);
    const shown = await run('show', agreement);
    assert.equal(shown.state, 'active');
    assert.equal(shown.signers.length, 2);
    assert.deepEqual(
      (await run('list', '--state', 'active')).items.map((item: { agreement: string }) => item.agreement),
      [agreement],
    );
  });

  it('lets one subject pass and denies another with a receipt that names the policy', async () => {
    const passed = await send('bob', 'invoke', agreement, '--subject', ANN, '--value', 'a reading');
    assert.equal(passed.events[0].data.decision, 'allow');
    const { code, stdout, stderr } = await metanode([
      ...['invoke', agreement, '--subject', JOAO],
      ...['--from', 'alice', '--insecure-keys'],
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /FAILED_RECEIPT/);
    const denied = JSON.parse(stdout);
    assert.equal(denied.status, 'DENIED');
    assert.equal(denied.events[0].data.policyId, 'geographic_restriction');
    const { item } = await run('proof', denied.txId);
    assert.equal(item.steps[0].decision, 'deny');
  });

  it('asks beforehand, and records what the policies say', async () => {
    const evaluation = await run('evaluate', agreement, '--subject', JOAO);
    assert.deepEqual([evaluation.status, evaluation.policyId], ['DENIED', 'geographic_restriction']);
    const checked = await send('alice', 'check', agreement, '--subject', JOAO);
    assert.equal(checked.status, 'OK');
    assert.equal(checked.events[0].data.decision, 'deny');
  });

  it('records what auditors attest, and ends an agreement', async () => {
    const attested = await send(
      'alice',
      ...['attest', agreement, 'AC-2', '--evidence', 'ee'.repeat(32)],
      ...['--period-from', '2020-01-01T00:00:00Z', '--period-to', '2020-02-01T00:00:00Z'],
      ...['--auditor', 'auditor-1', '--auditor', 'auditor-2'],
    );
    assert.equal(attested.events[0].name, 'ComplianceAttested');
    await send('bob', 'terminate', agreement, '--reason', 'done');
    assert.equal((await run('show', agreement)).state, 'terminated');
  });
});
