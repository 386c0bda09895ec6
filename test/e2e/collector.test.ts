import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from '../support/cluster.ts';
import { waitFor } from '../support/wait-for.ts';

const VALIDATORS = 8;

/** The most votes that came to a node in a row from one neighbour. */
async function longestRunOfVotes(cluster: Cluster, k: number): Promise<number> {
  const { items } = await cluster.client(k).call('gossip_recent', { topic: 'vote', limit: 200 });
  let [longest, run, from] = [0, 0, ''];
  for (const message of items) {
    run = message.from === from ? run + 1 : 1;
    from = message.from;
    longest = Math.max(longest, run);
  }
  return longest;
}

/** The hashes that the running nodes have at a height. */
async function hashesAt(cluster: Cluster, height: number): Promise<Set<string>> {
  return new Set(await Promise.all([...cluster.nodes.keys()].map((k) => cluster.blockHash(k, height))));
}

describe('A set too large for all to talk to all', function () {
  this.timeout(600_000);
  let cluster: Cluster;
  let directory: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'metanode-collector-'));
    cluster = await Cluster.create({
      directory,
      validators: VALIDATORS,
      blockTimeMs: 300,
      emptyBlocksMs: 400,
    });
    await cluster.startAll();
    await cluster.waitForHeight(1);
  });

  after(async () => {
    await cluster.stopAll();
    await rm(directory, { recursive: true, force: true });
  });

  it('decides with votes that come from the collector, and not from everyone', async () => {
    await cluster.waitForHeight((await cluster.height(0)) + VALIDATORS);
    const quorum = 6;
    await waitFor(
      'a quorum at once from one neighbour',
      async () => (await longestRunOfVotes(cluster, 0)) >= quorum,
    );
  });

  it('brings a transaction of any node to a block, and every node has one chain', async () => {
    // Each follows on the one before, which another node has.
    const sent = [...cluster.nodes.keys()].map((k) => cluster.sendAndWait(k, cluster.transaction(BigInt(k))));
    for (const receipt of await Promise.all(sent)) assert.equal(receipt.status, 'OK');
    const height = await cluster.highest();
    await cluster.waitForHeight(height);
    assert.equal((await hashesAt(cluster, height)).size, 1);
  });

  it('goes on when collectors are gone: their heights take a later round, the others one vote each', async () => {
    await cluster.stop(6);
    await cluster.stop(7);
    const height = await cluster.highest();
    await cluster.waitForHeight(height + VALIDATORS + 2);
    assert.equal((await hashesAt(cluster, height + VALIDATORS)).size, 1);
  });
});
