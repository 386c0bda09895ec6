import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import type { z } from 'zod';
import { createClient } from '../../src/client/client.ts';
import {
  METHODS,
  type MethodName,
  type MethodParams,
  type MethodResult,
} from '../../src/rpc/schema/methods.ts';
import { dataDirPaths } from '../../src/storage/data-dir.ts';
import { addressToText } from '../../src/types/address.ts';
import { Cluster, waitFor } from '../support/cluster.ts';

const VALIDATORS = 4;
const PORT_BASE = 20_300;

describe('The inspection of four running validators', function () {
  this.timeout(120_000);
  let directory: string;
  let cluster: Cluster;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'metanode-inspection-'));
    cluster = await Cluster.create({
      directory,
      validators: VALIDATORS,
      portBase: PORT_BASE,
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

  it('dials a peer for an operator with the token, and says why a dial failed', async () => {
    const url = `http://127.0.0.1:${PORT_BASE + 100}`;
    const token = (await readFile(dataDirPaths(cluster.directoryOf(0)).adminToken, 'utf8')).trim();
    const admin = createClient(url, { headers: { authorization: `Bearer ${token}` } });
    const address = cluster.nodes.get(1)?.addresses[0] as string;
    assert.equal((await admin.call('admin_addPeer', { address })).peerId, cluster.nodes.get(1)?.peerId);
    const closed = `/ip4/127.0.0.1/tcp/${PORT_BASE + 90}`;
    await assert.rejects(admin.call('admin_addPeer', { address: closed }), { code: 'DIAL_FAILED' });
    await assert.rejects(admin.call('admin_addPeer', { address: 'nowhere' }), { code: 'BAD_MULTIADDR' });
    await assert.rejects(cluster.client(0).call('admin_addPeer', { address }), { code: 'SCOPE_MISSING' });
  });

  it('remembers who came and left, and measures its event loop', async () => {
    const connected = (await call('admin_peerHistory', { limit: 500 })).items;
    for (const peerId of peersOf())
      assert.ok(connected.some((event) => event.peerId === peerId && event.kind === 'connected'));
    const peerId = cluster.nodes.get(3)?.peerId as string;
    await cluster.stop(3);
    const [left] = await waitFor('it is seen to leave', async () => {
      const { items } = await call('admin_peerHistory', { peerId });
      return items[0]?.kind === 'disconnected' && items;
    });
    assert.equal(typeof left?.reason, 'string');
    const { watchedMs, utilization, lagMs } = await call('debug_eventLoop', { forMs: 200 });
    assert.ok(watchedMs >= 190 && utilization > 0 && lagMs !== null && lagMs.p50 <= lagMs.max);
  });

  it('tells a WebSocket of each round', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${PORT_BASE + 100}/ws`);
    await once(socket, 'open');
    const params = { topic: 'consensus' };
    const rounds: { height: number; outcome: string }[] = [];
    socket.on('message', (text) => {
      const message = JSON.parse(String(text));
      if (message.method === 'meta_subscription') rounds.push(message.params.data);
    });
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'meta_subscribe', params }));
    await waitFor('a round begins and ends', () => {
      const decided = rounds.find(({ outcome }) => outcome === 'decided');
      return decided !== undefined && rounds.some(({ outcome }) => outcome === 'running');
    });
    socket.close();
  });
});
