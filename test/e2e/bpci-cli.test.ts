import { strict as assert } from 'node:assert';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressToText } from '../../src/types/address.ts';
import { deriveValidator, type ValidatorIdentity } from '../../testnet/identities.ts';
import { Cluster } from '../support/cluster.ts';
import { runInProcess } from '../support/program.ts';

const SEED = 'bpci commands';
const BOND_REF = `0x${'b0'.repeat(32)}`;

/** One validator, and the commands of people who use its bpci ledger. */
describe('metanode bpci', function () {
  this.timeout(600_000);
  let directory: string;
  let cluster: Cluster;
  const candidate: ValidatorIdentity = deriveValidator(SEED, 'candidate-0-1');
  const rotated: ValidatorIdentity = deriveValidator(SEED, 'candidate-0-1', 1);

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'metanode-bpci-'));
    cluster = await Cluster.create({
      directory,
      seed: SEED,
      validators: 1,
      blockTimeMs: 200,
      emptyBlocksMs: 250,
    });
    await cluster.startAll();
    const seeds = {
      alice: cluster.alice.keys.seed,
      account: candidate.account.keys.seed,
      consensus: candidate.consensus.seed,
      vrf: candidate.vrf.seed,
      'new-consensus': rotated.consensus.seed,
      'new-vrf': rotated.vrf.seed,
    };
    for (const [name, seed] of Object.entries(seeds)) {
      const args = ['keys', 'import', name, '--insecure-keys', '--data-dir', directory];
      assert.equal((await runInProcess(args, {}, Buffer.from(seed).toString('hex'))).code, 0);
    }
    await cluster.waitForHeight(3);
  });

  after(async () => {
    await cluster?.stopAll();
    await rm(directory, { recursive: true, force: true });
  });

  async function run(args: readonly string[]) {
    const common = ['--rpc', cluster.client(0).url, '--data-dir', directory, '--json'];
    const { code, stdout, stderr } = await runInProcess([...args, ...common]);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  }

  /** Sends, and returns the names of the events in the receipt. */
  async function send(from: string, args: readonly string[]): Promise<string[]> {
    const { events } = await run([...args, '--from', from, '--insecure-keys']);
    return events.map(({ name }: { name: string }) => name);
  }

  const statusOf = async (id: string): Promise<string | undefined> => {
    const { items } = await run(['bpci', 'members']);
    return items.find((member: { id: string }) => member.id === id)?.status;
  };

  it('shows finality and the participation of validators', async () => {
    const finality = await run(['bpci', 'finality', '2']);
    assert.deepEqual([finality.seals, finality.countedIn], [1, 3]);
    const { items } = await run(['bpci', 'votes']);
    assert.equal(items[0].missed, 0);
  });

  it('anchors the last header that it can, and lists it', async () => {
    assert.deepEqual(await send('alice', ['bpci', 'anchor', 'bitcoin', 'tx 1']), ['Anchored']);
    const { items } = await run(['bpci', 'anchors']);
    assert.deepEqual([items[0].target, items[0].reference, items[0].seals], ['bitcoin', 'tx 1', 1]);
  });

  it('numbers the messages of a channel by itself', async () => {
    const frame = join(directory, 'frame');
    await writeFile(frame, 'secret');
    const destination = `0x${'cd'.repeat(32)}`;
    const message = ['bpci', 'message', destination, 'chat', '--node-key', 'consensus', '--frame', frame];
    for (let sent = 1; sent <= 2; sent++) {
      assert.deepEqual(await send('alice', message), ['MessageRecorded']);
      const source = `0x${candidate.consensus.publicKey}`;
      const channel = await run(['bpci', 'channel', source, 'chat']);
      assert.deepEqual([channel.nonce, channel.messages], [String(sent), sent]);
    }
  });

  it('takes a candidate from its bond over new keys to its leave', async () => {
    const id = addressToText(candidate.account.address);
    const bond = [
      'economy',
      'lock',
      BOND_REF,
      '100',
      '--coin',
      'GEN',
      '--ledger',
      'bpci',
      '--purpose',
      'bond',
    ];
    await send('account', bond);
    const join = ['bpci', 'join', '--consensus-key', 'consensus', '--vrf-key', 'vrf', '--bond-ref', BOND_REF];
    assert.deepEqual(await send('account', join), ['CandidateRegistered']);
    assert.equal(await statusOf(id), 'candidate');
    const keys = [
      '--old-consensus-key',
      'consensus',
      '--consensus-key',
      'new-consensus',
      '--vrf-key',
      'new-vrf',
    ];
    assert.deepEqual(await send('account', ['bpci', 'rotate', ...keys]), ['KeysRotated']);
    const left = await send('account', ['bpci', 'leave']);
    assert.deepEqual(left, ['CandidateWithdrawn', 'BondUnlocking']);
    assert.equal(await statusOf(id), undefined);
    const vote = ['bpci', 'vote', id, 'admit', '--from', 'account', '--insecure-keys'];
    const common = ['--rpc', cluster.client(0).url, '--data-dir', directory];
    const refused = await runInProcess([...vote, ...common]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /NOT_A_VALIDATOR/);
  });
});
