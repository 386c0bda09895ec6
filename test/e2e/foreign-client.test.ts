import { strict as assert } from 'node:assert';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BitArray } from '@chainsafe/ssz';
import type { MethodResult } from '../../src/rpc/schema/methods.ts';
import { hashHeader } from '../../src/types/block.ts';
import { voteSigningBytes } from '../../src/types/certificate.ts';
import { type LightBlock, LightBlockType } from '../../src/types/light-block.ts';
import { fromJson } from '../../src/types/ssz.ts';
import type { CliResult } from '../support/cli.ts';
import { Cluster } from '../support/cluster.ts';
import { runInProcess } from '../support/program.ts';
import { waitFor } from '../support/wait-for.ts';

type LightBlocks = MethodResult<'bpci_getLightBlocks'>;

const TIMING = { blockTimeMs: 200, emptyBlocksMs: 250 };

/** Two chains that know nothing of each other, one story: the first follows the second, until the second forks. */
describe('A client of another chain', function () {
  this.timeout(600_000);
  let directory: string;
  let home: Cluster;
  let foreign: Cluster;
  let client: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'metanode-client-'));
    const options = { baseTimeoutMs: 500, resendIntervalMs: 300 };
    const create = (seed: string, validators: number) =>
      Cluster.create({ directory: join(directory, seed), seed, validators, options, ...TIMING });
    home = await create('home', 1);
    foreign = await create('foreign', 2);
    await Promise.all([home.startAll(), foreign.startAll()]);
    await keep('alice', home.alice.keys.seed);
    await keep('leaver', foreign.identityOf(1).account.keys.seed);
    await foreign.waitForHeight(2);
  });

  after(async () => {
    await Promise.all([home?.stopAll(), foreign?.stopAll()]);
    await rm(directory, { recursive: true, force: true });
  });

  async function keep(name: string, seed: Uint8Array): Promise<void> {
    const args = ['keys', 'import', name, '--insecure-keys', '--data-dir', directory];
    assert.equal((await runInProcess(args, {}, Buffer.from(seed).toString('hex'))).code, 0);
  }

  /** `metanode bpci …` against a chain, with a key of the directory. */
  async function bpci(chain: Cluster, args: readonly string[]): Promise<CliResult> {
    const { url } = chain.client(0);
    return await runInProcess(['bpci', ...args, '--rpc', url, '--data-dir', directory, '--json']);
  }

  async function send(args: readonly string[], from = 'alice', chain = home): Promise<CliResult> {
    return await bpci(chain, [...args, '--from', from, '--insecure-keys']);
  }

  function assertSent({ code, stdout, stderr }: CliResult) {
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as MethodResult<'tx_getReceipt'>;
  }

  function assertFailed({ code, stderr }: CliResult, status: string): void {
    assert.equal(code, 1, stderr);
    assert.match(stderr, new RegExp(`FAILED_RECEIPT: .*${status}`));
  }

  const lightBlocks = (params: { height?: number; fromHeight?: number } = {}): Promise<LightBlocks> =>
    foreign.client(0).call('bpci_getLightBlocks', params);

  const stored = () => home.client(0).call('bpci_getClient', { client });

  /** A file with an answer in which the last block is another one. */
  async function withLast(name: string, answer: LightBlocks, block: LightBlock): Promise<string> {
    const path = join(directory, name);
    const blocks = [...answer.blocks.slice(0, -1), LightBlockType.toJson(block)];
    await writeFile(path, JSON.stringify({ ...answer, blocks }));
    return path;
  }

  const lastOf = ({ blocks }: LightBlocks): LightBlock => fromJson(LightBlockType, blocks.at(-1), 'block');

  it('is created at the head of the other chain, and its receipt proves itself offline', async () => {
    const genesisOf = (chain: Cluster) => join(chain.directoryOf(0), 'genesis.json');
    const create = ['client', 'create', foreign.client(0).url, '--genesis'];
    const wrong = await send([...create, genesisOf(home)]);
    assert.match(wrong.stderr, /NOT_FROM_GENESIS/);
    const receipt = assertSent(await send([...create, genesisOf(foreign)]));
    const event = receipt.events[0] as { name: string; data: { client: string; seals: number } };
    assert.deepEqual([event.name, event.data.seals], ['ClientCreated', 2]);
    ({ client } = event.data);
    assert.equal((await stored()).genesisHash, `0x${foreign.genesisHash}`);
    const proof = join(directory, 'proof.json');
    assert.equal((await bpci(home, ['proof', receipt.txId, '--out', proof])).code, 0);
    const verdict = await runInProcess(['verify', proof, '--genesis', genesisOf(home), '--json']);
    assert.equal(JSON.parse(verdict.stdout).status, 'OK', verdict.stderr);
  });

  it('is led to a later block, of which it then has the state root', async () => {
    const { latest } = await stored();
    await foreign.waitForHeight(latest.height + 3);
    assertSent(await send(['client', 'update', client, foreign.client(0).url]));
    const after = await stored();
    assert.ok(after.latest.height >= latest.height + 3);
    const { header } = await foreign.client(0).call('chain_getHeader', { height: after.latest.height });
    assert.equal(after.latest.stateRoot, header.stateRoot);
  });

  it('refuses a forged header, and one with a seal less than a quorum', async () => {
    const before = (await stored()).latest.height;
    await foreign.waitForHeight(before + 1);
    const answer = await lightBlocks();
    const { header, certificate, validators } = lastOf(answer);
    const forged = { header: { ...header, stateRoot: 'ff'.repeat(32) }, certificate, validators };
    const forgedFile = await withLast('forged.json', answer, forged);
    assertFailed(await send(['client', 'update', client, forgedFile]), 'CERTIFICATE_OF_OTHER_BLOCK');
    const signers = BitArray.fromBoolArray([true, false]);
    const fewer = { ...certificate, signers, seals: certificate.seals.slice(0, 1) };
    const fewerFile = await withLast('fewer.json', answer, { header, certificate: fewer, validators });
    assertFailed(await send(['client', 'update', client, fewerFile]), 'CERTIFICATE_BELOW_QUORUM');
    assert.equal((await stored()).latest.height, before);
  });

  it('follows a change of the validators over the header that makes it', async () => {
    const { height } = assertSent(await send(['leave'], 'leaver', foreign));
    // The leaver's seal is needed for one block more.
    await foreign.waitForHeight(height + 1);
    await foreign.stop(1);
    await foreign.waitForHeight(height + 4);
    const alone = join(directory, 'alone.json');
    assert.equal((await bpci(foreign, ['light-blocks', '--out', alone])).code, 0);
    assertFailed(await send(['client', 'update', client, alone]), 'VALIDATORS_NOT_TRUSTED');
    const receipt = assertSent(await send(['client', 'update', client, foreign.client(0).url]));
    assert.deepEqual(
      receipt.events.map(({ name }) => name),
      ['ClientUpdated', 'ClientUpdated'],
    );
    const { latest } = await stored();
    const { header } = await foreign.client(0).call('chain_getHeader', { height: latest.height });
    assert.equal(latest.validatorsHash, header.validatorsHash);
  });

  it('is frozen by a conflicting header that the validators of the other chain have sealed', async () => {
    const { latest } = await stored();
    const answer = await lightBlocks({ height: latest.height });
    const block = lastOf(answer);
    const header = { ...block.header, stateRoot: 'ee'.repeat(32) };
    const vote = { height: header.height, round: 0, blockHash: hashHeader(header) };
    const seal = foreign.identityOf(0).consensus.sign(voteSigningBytes('seal', foreign.genesisHash, vote));
    const certificate = { ...vote, signers: BitArray.fromBoolArray([true]), seals: [seal] };
    const real = await withLast('real.json', answer, block);
    const fork = await withLast('fork.json', answer, { ...block, header, certificate });
    assertFailed(await send(['client', 'misbehaviour', client, real, real]), 'HEADERS_NOT_CONFLICTING');
    assertSent(await send(['client', 'misbehaviour', client, real, fork]));
    const frozen = await stored();
    assert.deepEqual([frozen.status, frozen.conflict?.height], ['frozen', latest.height]);
    await waitFor('a later block', async () => (await foreign.height(0)) > latest.height);
    const refused = await send(['client', 'update', client, foreign.client(0).url]);
    assertFailed(refused, 'CLIENT_FROZEN');
  });
});
