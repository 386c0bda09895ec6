import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import type { z } from 'zod';
import { type Client, createClient } from '../../src/client/client.ts';
import { JSON_RPC_CODES } from '../../src/rpc/schema/error-codes.ts';
import { SUBSCRIPTION_TOPICS, type SubscriptionTopic } from '../../src/rpc/schema/meta.ts';
import {
  METHODS,
  type MethodName,
  type MethodParams,
  type MethodResult,
} from '../../src/rpc/schema/methods.ts';
import { NOTICES } from '../../src/rpc/schema/notices.ts';
import { dataDirPaths } from '../../src/storage/data-dir.ts';
import { addressToText } from '../../src/types/address.ts';
import { toHex } from '../../src/util/bytes.ts';
import { Cluster } from '../support/cluster.ts';
import { freePort } from '../support/ports.ts';
import { waitFor } from '../support/wait-for.ts';

const VALIDATORS = 4;

describe('The inspection of four running validators', function () {
  this.timeout(600_000);
  let directory: string;
  let cluster: Cluster;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'metanode-inspection-'));
    cluster = await Cluster.create({
      directory,
      validators: VALIDATORS,
      blockTimeMs: 200,
      emptyBlocksMs: 250,
    });
    const allowlistFile = join(directory, 'allow.yaml');
    writeFileSync(allowlistFile, 'nodes: []\n');
    for (const k of [1, 2, 3]) await cluster.start(k);
    await cluster.start(0, { allowlistFile });
    const peerIds = peersOf();
    assert.deepEqual(await (await operator()).call('perm_addNodesToAllowlist', { peerIds }), {
      added: peerIds,
      total: peerIds.length,
    });
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
  const peersOf = () => [1, 2, 3].map((k) => cluster.nodes.get(k)?.peerId as string).sort();
  /** Whoever holds the token of the first node. */
  async function operator(): Promise<Client> {
    const token = (await readFile(dataDirPaths(cluster.directoryOf(0)).adminToken, 'utf8')).trim();
    return createClient(cluster.urlOf(0), {
      headers: { authorization: `Bearer ${token}` },
    });
  }

  it('scores each peer, and finds nothing to blame among honest nodes', async () => {
    const { peers, unweighted } = await waitFor('all peers are scored, and their parts add up', async () => {
      const answer = await call('gossip_scores');
      // The total may be a second older than its parts.
      const addsUp = answer.peers.every(
        ({ total, topicsTotal, application, ipColocation, behaviourPenalty }) =>
          Math.abs(total - topicsTotal - application - ipColocation - behaviourPenalty) < 1,
      );
      return answer.peers.length === VALIDATORS - 1 && addsUp && answer;
    });
    assert.deepEqual(peers.map(({ peerId }) => peerId).sort(), peersOf());
    for (const { behaviourPenalty, topics } of peers) {
      assert.equal(behaviourPenalty, 0);
      for (const { invalidMessages, timeInMesh } of topics)
        assert.ok(invalidMessages === 0 && timeInMesh >= 0);
    }
    assert.deepEqual(
      unweighted.map(({ name }) => name),
      ['P3', 'P3b', 'P5', 'P6'],
    );
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
    assert.equal(traced.own, null);
    assert.ok(peersOf().includes(traced.firstFrom as string));
    await assert.rejects(call('gossip_message', { messageId: `0x${'00'.repeat(32)}` }), {
      code: 'MESSAGE_NOT_FOUND',
    });
  });

  it('shows meshes in which each neighbour has the other, and one vote at all nodes, its author included', async () => {
    const nodes = [0, 1, 2, 3];
    const peerId = (k: number) => cluster.nodes.get(k)?.peerId as string;
    await waitFor('every mesh is mutual', async () => {
      const links = new Set<string>();
      for (const k of nodes)
        for (const { topic, peers } of (await cluster.client(k).call('gossip_mesh')).topics)
          for (const peer of peers) links.add(`${topic} ${peerId(k)} ${peer.peerId}`);
      return [...links].every((link) => {
        const [topic, one, other] = link.split(' ');
        return links.has(`${topic} ${other} ${one}`);
      });
    });
    const [messageId, seen] = await waitFor('a vote is seen by three', async () => {
      const seenBy = new Map<string, Set<number>>();
      for (const k of nodes) {
        const { items } = await cluster.client(k).call('gossip_recent', { topic: 'vote', limit: 500 });
        for (const { messageId } of items) seenBy.set(messageId, (seenBy.get(messageId) ?? new Set()).add(k));
      }
      return [...seenBy].find(([, seen]) => seen.size === VALIDATORS - 1);
    });
    const author = nodes.find((k) => !seen.has(k)) as number;
    const { own, topic } = await cluster.client(author).call('gossip_message', { messageId });
    assert.ok(own !== null && own.sends >= 1 && own.bytes > 0);
    assert.equal(topic, 'vote');
    for (const method of ['gossip_backoff', 'gossip_fanout', 'gossip_messageCache'] as const)
      assert.ok((await call(method)).topics.some(({ topic }) => topic === 'vote'));
    const { copies, topics } = await call('gossip_stats');
    for (const { topic, factor } of copies) {
      const received = topics.filter((one) => one.topic === topic && one.receivedMessages > 0);
      assert.equal(factor === null, received.length === 0, topic);
    }
  });

  it('makes blocks while a thousand connections idle at its RPC and others send what is no request', async () => {
    const port = cluster.rpcPortOf(0);
    const idle = Array.from({ length: 1_000 }, () => connect(port, '127.0.0.1'));
    let cutOff = 0;
    try {
      for (const socket of idle) socket.on('error', () => cutOff++);
      await Promise.all(idle.map((socket) => once(socket, 'connect')));
      const from = await cluster.height(0);
      const bodies = [
        '',
        '{',
        '[]',
        'null',
        '[[[[',
        '\0',
        `"${'x'.repeat(100_000)}"`,
        '{"jsonrpc":"2.0","id":{}}',
      ];
      for (let i = 0; i < 200; i++) {
        const body = bodies[i % bodies.length] as string;
        const { status } = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body });
        assert.ok(status < 500, `${status} for ${body.slice(0, 20)}`);
        if (i % 20 === 0) idle[i]?.write('no HTTP at all\r\n\r\n');
      }
      await cluster.waitForHeight(from + 10);
      assert.equal((await call('ibft_diagnose')).ok, true);
      assert.equal(cutOff, 0);
    } finally {
      for (const socket of idle) socket.destroy();
    }
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

  it('shows its edges to all others, and apart from them those that the others report', async () => {
    const { edges, reports } = await waitFor('all report all', async () => {
      const answer = await call('gossip_topology', { ask: true });
      return answer.reports.every(({ to }) => to.length === VALIDATORS - 2) && answer;
    });
    assert.deepEqual(reports.map(({ by }) => by.peerId).sort(), peersOf());
    for (const { by, to } of reports)
      assert.deepEqual(
        to.map(({ peerId }) => peerId).sort(),
        peersOf().filter((peerId) => peerId !== by.peerId),
      );
    assert.ok(reports.every(({ by, to }) => [by, ...to].every(({ validator }) => validator !== null)));
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
    const admin = await operator();
    const address = cluster.nodes.get(1)?.addresses[0] as string;
    assert.equal((await admin.call('admin_addPeer', { address })).peerId, cluster.nodes.get(1)?.peerId);
    const closed = `/ip4/127.0.0.1/tcp/${await freePort()}`;
    await assert.rejects(admin.call('admin_addPeer', { address: closed }), {
      code: 'CONNECTION_REFUSED',
      rpcCode: JSON_RPC_CODES.peer,
    });
    await assert.rejects(admin.call('admin_addPeer', { address: 'nowhere' }), { code: 'BAD_MULTIADDR' });
    await assert.rejects(cluster.client(0).call('admin_addPeer', { address }), { code: 'SCOPE_MISSING' });
    const bundle = await admin.call('debug_bundle');
    for (const [name, answer] of Object.entries(bundle.answers)) assert.ok('result' in answer, name);
    const token = (await readFile(dataDirPaths(cluster.directoryOf(0)).adminToken, 'utf8')).trim();
    const { account, consensus, vrf } = cluster.identityOf(0);
    for (const secret of [token, ...[account.keys, consensus, vrf].map(({ seed }) => toHex(seed))])
      assert.ok(!JSON.stringify(bundle).includes(secret));
  });

  it('gives up a transaction that an operator removes, and remembers that', async () => {
    const admin = await operator();
    const waiting = cluster.transaction(3n);
    const txId = `0x${waiting.id}`;
    await admin.call('tx_send', { transaction: `0x${toHex(waiting.bytes)}` });
    assert.equal((await call('tx_status', { txId })).state, 'queued');
    await assert.rejects(cluster.client(0).call('txpool_remove', { txId }), { code: 'SCOPE_MISSING' });
    assert.deepEqual(await admin.call('txpool_remove', { txId }), { txId, removed: true });
    const status = await call('tx_status', { txId });
    assert.ok(status.state === 'dropped' && status.reason === 'REMOVED');
    assert.deepEqual(await admin.call('txpool_flush'), { removed: 0 });
  });

  it('ends with a peer that an operator takes off the allow-list, and has it back when it is on it again', async () => {
    const admin = await operator();
    const peerId = cluster.nodes.get(2)?.peerId as string;
    assert.deepEqual(await admin.call('perm_removeNodesFromAllowlist', { peerIds: [peerId] }), {
      removed: [peerId],
      total: VALIDATORS - 2,
    });
    const { allowed, rule } = await call('perm_check', { subject: peerId });
    assert.deepEqual([allowed, rule], [false, 'not-listed']);
    await waitFor('it is gone', async () => {
      const events = (await call('admin_peerHistory', { peerId })).items;
      return events.some(({ kind, reason }) => kind === 'disconnected' && reason === 'PEER_NOT_ALLOWED');
    });
    assert.deepEqual(
      (await call('admin_peers')).items.filter((peer) => peer.peerId === peerId),
      [],
    );
    await assert.rejects(cluster.client(0).call('perm_addNodesToAllowlist', { peerIds: [peerId] }), {
      code: 'SCOPE_MISSING',
    });
    await admin.call('perm_addNodesToAllowlist', { peerIds: [peerId] });
    await waitFor('it is back, with a push stream', async () =>
      (await call('admin_peers')).items.some((peer) => peer.peerId === peerId && peer.push),
    );
  });

  it('has no connection with a peer that an operator bans, also after a restart, until the ban is lifted', async () => {
    let admin = await operator();
    const [peerId, address] = [cluster.nodes.get(2)?.peerId as string, cluster.nodes.get(2)?.addresses[0]];
    const banned = { peerId, banned: true, wasConnected: true, total: 1 };
    assert.deepEqual(await admin.call('admin_banPeer', { peerId, reason: 'spam' }), banned);
    assert.equal((await admin.call('admin_banPeer', { peerId })).banned, false);
    await cluster.stop(0);
    await cluster.start(0, { allowlistFile: join(directory, 'allow.yaml') });
    admin = await operator();
    const [ban] = await waitFor('its calls are refused', async () => {
      const { items } = await call('admin_bannedPeers');
      return (items[0]?.refusals ?? 0) > 0 && items;
    });
    assert.deepEqual([ban?.peerId, ban?.reason], [peerId, 'spam']);
    const isThere = async () =>
      (await call('admin_peers')).items.some((peer) => peer.peerId === peerId && peer.push);
    assert.equal(await isThere(), false);
    assert.equal((await call('perm_check', { subject: peerId })).rule, 'banned');
    await assert.rejects(admin.call('admin_addPeer', { address: address as string }), {
      code: 'PEER_BANNED',
    });
    const self = cluster.nodes.get(0)?.peerId as string;
    await assert.rejects(admin.call('admin_banPeer', { peerId: self }), { code: 'INVALID_PARAMS' });
    for (const method of ['admin_banPeer', 'admin_unbanPeer', 'admin_removePeer'] as const)
      await assert.rejects(cluster.client(0).call(method, { peerId }), { code: 'SCOPE_MISSING' });
    assert.deepEqual(await admin.call('admin_unbanPeer', { peerId }), { peerId, unbanned: true, total: 0 });
    await waitFor('it is back, with a push stream', isThere);
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

  it('shows a WebSocket the messages that come and go, under the ids that their receivers know', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${cluster.rpcPortOf(0)}/ws`);
    await once(socket, 'open');
    type Notice = { kind: string; messageId: string; to?: string[]; from?: string; topic: string };
    const messages: Notice[] = [];
    socket.on('message', (text) => {
      const message = JSON.parse(String(text));
      if (message.method === 'meta_subscription') messages.push(message.params.data);
    });
    socket.send(
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'meta_subscribe', params: { topic: 'gossip' } }),
    );
    const of = (kind: string) => messages.filter((one) => one.kind === kind && one.topic === 'vote');
    const sent = await waitFor(
      'votes come and go',
      () => of('received').length > 0 && of('sent').find(({ to }) => to?.includes(peersOf()[0] as string)),
    );
    socket.close();
    const [received] = of('received');
    assert.ok(peersOf().includes(received?.from as string));
    const receiver = [1, 2, 3].find((k) => cluster.nodes.get(k)?.peerId === peersOf()[0]) as number;
    await waitFor('the receiver remembers it', async () => {
      const { items } = await cluster.client(receiver).call('gossip_recent', { topic: 'vote', limit: 500 });
      return items.some(({ messageId }) => messageId === sent.messageId);
    });
  });

  it('tells subscribers what the schemas of their topics name, and nothing beside', async () => {
    const client = createClient(cluster.urlOf(0));
    const told = new Map<SubscriptionTopic, unknown[]>();
    const stops = SUBSCRIPTION_TOPICS.map((topic) => {
      const notices: unknown[] = [];
      told.set(topic, notices);
      return client.subscribe(topic, { onData: (data) => notices.push(data) });
    });
    try {
      await waitFor('subscriptions hold', () => (told.get('newHeads')?.length ?? 0) > 0);
      await client.call('tx_send', { transaction: `0x${toHex(cluster.transaction(0n).bytes)}` });
      await cluster.start(3); // it was stopped above
      // No transaction is dropped here, nothing is alarming, and nobody runs containers.
      const silent: readonly SubscriptionTopic[] = ['droppedTransactions', 'alerts', 'containers'];
      const heard = SUBSCRIPTION_TOPICS.filter((topic) => !silent.includes(topic));
      await waitFor('each topic has told something', () =>
        heard.every((topic) => (told.get(topic)?.length ?? 0) > 0),
      );
    } finally {
      for (const stop of stops) stop();
      client.close();
    }
    for (const topic of SUBSCRIPTION_TOPICS)
      for (const data of told.get(topic) ?? [])
        assert.deepEqual(NOTICES[topic].data.parse(data), data, topic);
  });

  it('tells a WebSocket of each round, of the steps in it and of every vote', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${cluster.rpcPortOf(0)}/ws`);
    await once(socket, 'open');
    const params = { topic: 'consensus' };
    const told: { kind: string; outcome?: string; step?: string; vote?: string; validator?: string }[] = [];
    socket.on('message', (text) => {
      const message = JSON.parse(String(text));
      if (message.method === 'meta_subscription') told.push(message.params.data);
    });
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'meta_subscribe', params }));
    await waitFor('a round begins and ends', () => {
      const ends = new Set(told.map(({ outcome }) => outcome));
      return ends.has('running') && ends.has('decided');
    });
    for (const step of ['prepare', 'commit'] as const) {
      const voters = () =>
        new Set(told.filter(({ vote }) => vote === step).map(({ validator }) => validator));
      await waitFor(`a quorum of ${step}`, () => voters().size >= 3);
      await waitFor(`the step ${step}`, () => told.some((one) => one.kind === 'step' && one.step === step));
    }
    socket.close();
  });
});
