import assert from 'node:assert/strict';
import { EXIT } from '../../../../src/cli/exit-code.ts';
import { runInProcess } from '../../../support/program.ts';
import { exampleParams, RecordedNode } from '../../../support/recorded-node.ts';

describe('commands that ask one node', () => {
  let node: RecordedNode;
  beforeEach(async () => {
    node = await RecordedNode.listen();
  });
  afterEach(() => node.close());
  const run = async (...args: string[]) => await runInProcess([...args, '--rpc', node.url]);
  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(...args, '--json');
    assert.equal(code, EXIT.ok, stderr);
    return JSON.parse(stdout);
  };

  it('have the validator of the node vote, and wait until the set is as it shall be', async () => {
    const [member, stranger] = [
      (await json('validators', 'list')).validators[0].id as string,
      exampleParams('ibft_proposeValidatorVote').address as string,
    ];
    const voted = await json('validators', 'propose-add', member, '--wait');
    assert.deepEqual([voted.effective, node.asked.has('ibft_proposeValidatorVote')], [true, true]);
    assert.equal((await json('validators', 'propose-add', member)).effective, false);
    assert.equal((await json('validators', 'propose-remove', stranger, '--wait')).effective, true);
    for (const [verb, address] of [
      ['propose-add', stranger],
      ['propose-remove', member],
    ] as const) {
      const late = await run('validators', verb, address, '--wait', '--timeout', '100ms');
      assert.deepEqual([late.code, /TIMED_OUT/.test(late.stderr)], [EXIT.timedOut, true], late.stderr);
    }
    assert.deepEqual(await json('validators', 'discard', stranger), { discarded: true });
  });

  it('show gossip of all topics and peers, or of those that were named', async () => {
    const all = await json('debug', 'gossip');
    const [peer] = all.peers;
    assert.ok(peer.queuedBytes > 0 && all.stats.length > 0 && all.rejected.length > 0);
    const one = await json('debug', 'gossip', '--topic', 'tx', '--peer', peer.peerId);
    assert.deepEqual([one.stats, one.peers], [all.stats, all.peers]);
    const none = await json('debug', 'gossip', '--topic', 'nothing', '--peer', 'nobody');
    assert.deepEqual([none.stats, none.mesh, none.peers, none.rejected], [[], [], [], []]);
    const { stdout } = await run('debug', 'gossip');
    for (const text of ['seen from 12D3KooWself', 'BAD_SIGNATURE', peer.peerId])
      assert.ok(stdout.includes(text));
    const { messageId } = await json('debug', 'gossip', '--message', `0x${'9'.repeat(64)}`);
    assert.match(messageId, /^0x/);
  });

  it('show what waits, of whom, why it does not wait any more, and what was dropped', async () => {
    const { items } = await json('debug', 'mempool', '--ledger', 'economy');
    const { stdout } = await run('debug', 'mempool');
    for (const { txId } of items) assert.ok(stdout.includes(txId));
    const from = await run('debug', 'mempool', '--from', items[0].sender);
    assert.ok(from.stdout.includes(items[0].txId) && from.stdout.includes('Transfer'), from.stderr);
    assert.equal((await json('debug', 'mempool', '--why', items[0].txId)).state, 'included');
    assert.ok(Array.isArray((await json('debug', 'mempool', '--dropped')).items));
    assert.deepEqual(
      ['txpool_inspect', 'txpool_contentFrom', 'tx_status', 'txpool_dropped'].filter(
        (name) => !node.asked.has(name),
      ),
      [],
    );
  });

  it('name the page of a node that answers, and of no other', async () => {
    assert.deepEqual(await json('ui'), { url: `${node.url}/ui` });
    assert.equal((await runInProcess(['ui', '--rpc', 'unix:/nowhere.sock'])).code, EXIT.usage);
    assert.equal((await runInProcess(['ui', '--rpc', 'http://127.0.0.1:9'])).code, EXIT.notReachable);
  });
});
