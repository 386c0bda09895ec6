import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import {
  METHODS,
  type MethodName,
  type MethodParams,
  type MethodResult,
} from '../../src/rpc/schema/methods.ts';
import { addressToText } from '../../src/types/address.ts';
import { Cluster, waitFor } from '../support/cluster.ts';

const VALIDATORS = 4;

describe('The inspection of four running validators', function () {
  this.timeout(120_000);
  let directory: string;
  let cluster: Cluster;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'metanode-inspection-'));
    cluster = await Cluster.create({
      directory,
      validators: VALIDATORS,
      portBase: 20_300,
      blockTimeMs: 200,
      emptyBlocksMs: 250,
    });
    await cluster.startAll();
    await cluster.waitForHeight(5);
  });

  after(async () => {
    await cluster?.stopAll();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Asks the first node, and holds the answer against the schema. */
  async function call<Name extends MethodName>(
    name: Name,
    params?: MethodParams<Name>,
  ): Promise<MethodResult<Name>> {
    const client = cluster.client(0) as { call(name: string, params?: object): Promise<unknown> };
    const answer = await client.call(name, params ?? {});
    assert.deepEqual((METHODS[name].result as z.ZodType).parse(answer), answer, name);
    return answer as MethodResult<Name>;
  }
  const peersOf = () => [1, 2, 3].map((k) => cluster.nodes.get(k)?.peerId).sort();

  it('scores each peer, and finds nothing to blame among honest nodes', async () => {
    const { peers } = await waitFor('all peers are scored', async () => {
      const answer = await call('gossip_scores');
      return answer.peers.length === VALIDATORS - 1 && answer;
    });
    assert.deepEqual(peers.map(({ peerId }) => peerId).sort(), peersOf());
    for (const { behaviourPenalty, topics } of peers) {
      assert.equal(behaviourPenalty, 0);
      for (const { invalidMessages, timeInMesh } of topics)
        assert.ok(invalidMessages === 0 && timeInMesh >= 0);
    }
    const [one] = peers;
    assert.deepEqual(
      (await call('gossip_scores', { peerId: one?.peerId })).peers.map(({ peerId }) => peerId),
      [one?.peerId],
    );
  });

  it('follows one message from its first arrival to its copies', async () => {
    const recent = (await call('gossip_recent', { limit: 500 })).items;
    const messageId = recent[0]?.messageId as string;
    const traced = await call('gossip_message', { messageId });
    assert.ok(traced.arrivals.length >= 1);
    assert.equal(traced.arrivals[0]?.from, traced.firstFrom);
    assert.ok(traced.arrivals.every((arrival) => arrival.messageId === messageId));
    assert.ok(peersOf().includes(traced.firstFrom));
    await assert.rejects(call('gossip_message', { messageId: `0x${'00'.repeat(32)}` }), {
      code: 'MESSAGE_NOT_FOUND',
    });
  });

  it('finds nothing rejected among honest nodes, and queues that belong to peers', async () => {
    assert.deepEqual((await call('gossip_rejected')).items, []);
    const { peers, queuedBytes } = await call('gossip_queue');
    assert.ok(peers.every(({ peerId }) => peersOf().includes(peerId)));
    assert.equal(
      queuedBytes,
      peers.reduce((sum, { bytes }) => sum + bytes, 0),
    );
  });

  it('shows its edges to all others', async () => {
    const { edges } = await call('gossip_topology');
    assert.deepEqual(edges.map(({ to }) => to).sort(), peersOf());
    assert.ok(edges.every(({ push, validator }) => push && validator !== null));
  });

  it('counts who proposed, names who sealed, and maps validators to peers', async () => {
    const height = await cluster.height(0);
    const { signers } = await call('ibft_getSignerMetrics', { fromHeight: 1, toHeight: height });
    assert.equal(signers.length, VALIDATORS);
    assert.equal(
      signers.reduce((sum, { proposedBlocks }) => sum + proposedBlocks, 0),
      height,
    );
    const { committers } = await call('ibft_getBlockCommitters', { height });
    assert.ok(committers.length >= 3);
    const ids = [0, 1, 2, 3].map((k) => addressToText(cluster.identityOf(k).account.address));
    assert.ok(committers.every((id) => ids.includes(id)));
    const { validators } = await call('ibft_dumpConsensusState');
    assert.deepEqual(validators.map(({ validator }) => validator).sort(), ids.sort());
    assert.equal(validators.filter(({ state }) => state === 'self').length, 1);
    assert.equal(validators.filter(({ state, peer }) => state === 'connected' && peer !== null).length, 3);
    assert.deepEqual((await call('ibft_getPendingVotes')).votes, []);
  });
});
