import assert from 'node:assert/strict';
import { createClient } from '../../src/client/client.ts';
import { type NodeEntry, runningOf, TestnetUnderTest } from '../support/testnet.ts';
import { waitFor } from '../support/wait-for.ts';

/** Many block intervals. */
const HALT_MS = 4_000;

describe('a testnet that changes while it runs', function () {
  this.timeout(600_000);
  let testnet: TestnetUnderTest;

  before(async () => {
    testnet = await TestnetUnderTest.create('changes');
    const intervals = ['--block-time', '500ms', '--empty-blocks', '500ms'];
    await testnet.up('--validators', '4', '--no-load', ...intervals);
  });

  after(async () => {
    await testnet.destroy();
  });

  const named = async (name: string): Promise<NodeEntry> =>
    (await testnet.nodes()).find((node) => node.name === name) ?? assert.fail(`no node ${name}`);
  const peersOf = async (node: NodeEntry) =>
    (await createClient(node.rpc).call('admin_peers', {})).items.map(({ peerId }) => peerId);

  it('takes in an observer, which follows the chain and is known to all commands', async () => {
    const added = JSON.parse(await testnet.succeed('testnet', 'add-node', '--json'));
    assert.deepEqual([added.name, added.validator], ['o1', null]);
    const observer = await named('o1');
    await testnet.waitForHeight(observer, (await testnet.heightOf(await testnet.first())) + 1);
    const status = JSON.parse(await testnet.succeed('testnet', 'status', '--json'));
    assert.deepEqual(
      status.nodes.map(({ name, state }: { name: string; state: string }) => [name, state]),
      ['v1', 'v2', 'v3', 'v4', 'o1'].map((name) => [name, 'running']),
    );
    assert.match(await testnet.succeed('testnet', 'logs', '--node', 'o1'), /network started/);
    await testnet.succeed('testnet', 'stop', 'o1');
    assert.equal((await named('o1')).pid, null);
    await testnet.succeed('testnet', 'resume', 'o1');
  });

  it('stands while it is split in halves, and goes on without a fork once it is healed', async () => {
    await testnet.succeed('testnet', 'partition', 'v1,v2|v3,v4');
    const [v1, v2] = [await named('v1'), await named('v2')];
    assert.deepEqual(await peersOf(v1), [v2.peerId]);
    assert.deepEqual(await peersOf(await named('o1')), []);
    const halted = await testnet.heightOfHalt(HALT_MS);
    await testnet.succeed('testnet', 'heal');
    for (const node of await testnet.nodes()) await testnet.waitForHeight(node, halted + 2);
    await testnet.succeed('testnet', 'check');
  });

  it('says what is wrong with a split that is none', async () => {
    for (const [groups, code, reason] of [
      ['v1,v2|v2,v3', 2, /BAD_PARTITION/],
      ['v1,v2|', 2, /BAD_PARTITION/],
      ['all', 2, /BAD_PARTITION/],
      ['v1|v9', 1, /UNKNOWN_NODE/],
    ] as const) {
      const refused = await testnet.run('testnet', 'partition', groups);
      assert.equal(refused.code, code, refused.stderr);
      assert.match(refused.stderr, reason);
    }
  });

  it('takes in a validator, which joins, is voted in and seals blocks, also after a crash', async () => {
    const added = JSON.parse(await testnet.succeed('testnet', 'add-node', '--validator', '--json'));
    assert.equal(added.name, 'v5');
    const client = createClient(added.rpc);
    const seals = async () => {
      const { missing, validators } = await client.call('bpci_getFinality', {});
      return validators === 5 && !missing.includes(added.validator);
    };
    await waitFor('a seal of the fifth validator', seals);
    await testnet.succeed('testnet', 'kill', 'v5');
    await testnet.succeed('testnet', 'resume');
    const head = await testnet.heightOf(await testnet.first());
    await testnet.waitForHeight(await named('v5'), head + 1);
    await waitFor('a seal after the crash', seals);
    const names = (await testnet.nodes()).map(({ name }) => name);
    assert.deepEqual(names, ['v1', 'v2', 'v3', 'v4', 'v5', 'o1']);
  });

  it('ends what was added together with the rest, and takes in nobody while it does not run', async () => {
    const pids = (await testnet.nodes()).map(({ pid }) => pid as number);
    await testnet.succeed('testnet', 'down');
    assert.deepEqual(await runningOf(pids), []);
    const refused = await testnet.run('testnet', 'add-node');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /TESTNET_NOT_RUNNING/);
  });
});
