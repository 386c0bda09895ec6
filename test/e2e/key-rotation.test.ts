import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from '../../src/client/client.ts';
import { contentBytes, type SignedContent } from '../../src/consensus/signed-parts.ts';
import { verifySignature } from '../../src/crypto/ed25519.ts';
import { describeKeyFile } from '../../src/crypto/keystore.ts';
import { readSentRecord } from '../../src/node/sent-record.ts';
import { type ConsensusMessage, decodeConsensusMessage } from '../../src/types/consensus-message.ts';
import { runInProcess } from '../support/program.ts';
import { type NodeEntry, runningOf, TestnetUnderTest } from '../support/testnet.ts';
import { waitFor } from '../support/wait-for.ts';

/** The own statement of a message, without those of others inside it. */
function statementOf(message: ConsensusMessage): { content: SignedContent; signature: string } | undefined {
  switch (message.kind) {
    case 'proposal':
      return { ...message.proposal, content: { tag: 'proposal', body: message.proposal.body } };
    case 'prepare':
      return { ...message.prepare, content: { tag: 'prepare', body: message.prepare.body } };
    case 'commit':
      return { ...message.commit, content: { tag: 'seal', body: message.commit.body } };
    case 'round-change':
      return { ...message.roundChange, content: { tag: 'round-change', body: message.roundChange.body } };
    case 'decided':
      return undefined;
  }
}

describe('A validator of four that rotates its keys under load', function () {
  this.timeout(600_000);
  let testnet: TestnetUnderTest;
  let node: NodeEntry;
  let dataDir: string;
  let genesisHash: string;
  /** Height from which each generation of keys signs, in order. */
  const effective = [1];

  before(async () => {
    testnet = await TestnetUnderTest.create('rotation');
    const size = ['--validators', '4', '--block-time', '500ms', '--empty-blocks', '1s'];
    await testnet.up(...size, '--record-sent', '--no-load');
    node = (await testnet.nodes())[1] as NodeEntry;
    dataDir = join(testnet.directory, 'nodes', node.name);
    genesisHash = JSON.parse(
      await readFile(join(testnet.directory, 'testnet.json'), 'utf8'),
    ).genesisHash.slice(2);
  });
  after(() => testnet.destroy());

  async function inDataDir(args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runInProcess([...args, '--data-dir', dataDir, '--json']);
    assert.equal(code, 0, `${args.join(' ')}: ${stderr}${stdout}`);
    return stdout;
  }

  /** Rotates through a node that stays; the height from which the new keys sign. */
  async function rotate(): Promise<number> {
    const { rpc } = await testnet.first();
    const printed = await inDataDir(['keys', 'rotate', '--from', 'account', '--insecure-keys', '--rpc', rpc]);
    const [{ name, data }] = JSON.parse(printed).events;
    assert.equal(name, 'KeysRotated');
    effective.push(data.fromHeight);
    return data.fromHeight;
  }

  /** Everything that the node ever sent under its own signature, by height. */
  async function sentStatements() {
    const { messages } = await readSentRecord(join(testnet.directory, 'logs', `${node.name}.sent`));
    return messages
      .filter(({ topic }) => topic !== 'section')
      .map(({ bytes }) => statementOf(decodeConsensusMessage(bytes)))
      .filter((statement) => statement !== undefined)
      .map(({ content, signature }) => ({
        height: content.body.height,
        isSignedWith: (key: string) => verifySignature(key, contentBytes(content, genesisHash), signature),
      }));
  }

  const waitForVotes = (height: number) =>
    waitFor(`${node.name} votes at height ${height}`, async () =>
      (await sentStatements()).some((statement) => statement.height >= height),
    );

  /** Each message is signed with the key of its height and with no other. */
  async function assertKeysByHeight(): Promise<void> {
    const names = effective.map((_, generation) =>
      generation === 0 ? 'validator' : `validator-${generation}`,
    );
    const keys = await Promise.all(
      names.map(async (name) => (await describeKeyFile(join(dataDir, 'keys', `${name}.json`))).publicKey),
    );
    const used = new Set<number>();
    for (const { height, isSignedWith } of await sentStatements()) {
      const generation = effective.findLastIndex((from) => height >= from);
      assert.ok(
        isSignedWith(keys[generation] as string),
        `height ${height} is signed with generation ${generation}`,
      );
      used.add(generation);
    }
    assert.deepEqual([...used], [...effective.keys()]);
  }

  async function assertHealthy(): Promise<void> {
    const client = createClient(node.rpc);
    await waitFor(
      'the node is ready',
      async () => (await fetch(`${node.rpc}/readyz`).catch(() => undefined))?.ok,
    );
    const { items } = await client.call('bpci_listMembers', { limit: 100 });
    const current = `0x${(await describeKeyFile(join(dataDir, 'keys', `validator-${effective.length - 1}.json`))).publicKey}`;
    assert.equal(items.find(({ id }) => id === node.validator)?.consensusKey, current);
    const peers = await createClient((await testnet.first()).rpc).call('admin_peers');
    assert.ok(JSON.stringify(peers).includes(node.validator as string), 'peers know it by its new key');
  }

  it('N09 changes over by itself at the height that the chain says, while blocks go on', async () => {
    const load = testnet.spawn(
      'testnet',
      'load',
      '--rate',
      '8',
      '--seconds',
      '5',
      '--only',
      'Transfer',
      '--json',
    );
    const from = await rotate();
    await waitForVotes(from + 2);
    await assertKeysByHeight();
    await assertHealthy();
    const { code, stdout, stderr } = await load.result;
    assert.equal(code, 0, stderr + stdout);
    assert.equal(JSON.parse(stdout).lost, 0);
  });

  it('N10 is killed between the transaction and the change, and goes on with the right key at each height', async () => {
    const from = await rotate();
    const { pid } = (await testnet.nodes())[1] as NodeEntry;
    process.kill(pid as number, 'SIGKILL');
    await waitFor('it is dead', async () => (await runningOf([pid as number])).length === 0);
    await testnet.run('testnet', 'kill', node.name);
    await testnet.succeed('testnet', 'resume', node.name);
    await waitForVotes(from + 1);
    await assertKeysByHeight();
    await assertHealthy();
  });

  it('is killed afterwards and goes on with the newest key, and nothing that it ever sent contradicts the rest', async () => {
    await testnet.succeed('testnet', 'kill', node.name);
    const height = await testnet.heightOf(await testnet.first());
    await testnet.succeed('testnet', 'resume', node.name);
    await waitForVotes(height + 2);
    await assertKeysByHeight();
    await assertHealthy();
    const report = JSON.parse(await testnet.succeed('testnet', 'check', '--json'));
    assert.deepEqual(report.sent.contradictions, []);
    assert.equal(report.ok, true);
  });
});
