import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { createClient } from '../../../src/client/client.ts';
import { hashToken } from '../../../src/node/token-file.ts';
import { createRpcServer, type RpcServer, type RpcServerOptions } from '../../../src/rpc/server.ts';
import { errorCode } from '../../../src/util/errors.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { silentLogger } from '../../../src/util/logger.ts';
import { RpcNode } from '../../support/rpc-ports.ts';

const CALL = { jsonrpc: '2.0', id: 1, method: 'net_version' };

/** Waits for what another task does; fails after ten seconds. */
async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; !holds(); i++) {
    assert.ok(i < 2000, 'waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('the RPC server', () => {
  const servers: RpcServer[] = [];
  const open = async (options: Partial<RpcServerOptions> = {}) => {
    const node = new RpcNode();
    const server = await createRpcServer(node.ports(), {
      host: '127.0.0.1',
      port: 0,
      logger: silentLogger,
      ...options,
    });
    servers.push(server);
    return { node, server, client: createClient(server.url) };
  };
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  /** A request with headers that `fetch` does not let through. */
  const post = (server: RpcServer, body: string, headers: Record<string, string> = {}, path = '/') =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const request = httpRequest(new URL(path, server.url), { method: 'POST', headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: String(Buffer.concat(chunks)) }),
        );
      });
      request.on('error', reject);
      request.end(body);
    });
  const reasonOf = (text: string) => JSON.parse(text).error.data.reason;

  const socketTo = async (server: RpcServer) => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`);
    const queue: string[] = [];
    const waiting: ((text: string) => void)[] = [];
    socket.on('message', (data) => {
      const next = waiting.shift();
      if (next) next(String(data));
      else queue.push(String(data));
    });
    await once(socket, 'open');
    const next = async () =>
      JSON.parse(queue.shift() ?? (await new Promise<string>((resolve) => waiting.push(resolve))));
    return { socket, next };
  };

  it('answers over HTTP, whatever content type the client names', async () => {
    const { server, client } = await open();
    assert.equal(await client.call('net_version'), '77');
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
      const { status, text } = await post(server, JSON.stringify(CALL), { 'content-type': type });
      assert.deepEqual([status, JSON.parse(text).result], [200, '77']);
    }
    assert.equal((await post(server, JSON.stringify({ ...CALL, id: undefined }))).status, 204);
  });

  it('gives the client errors with the reason, hint and details of the node', async () => {
    const { client } = await open();
    await assert.rejects(
      client.call('chain_getBlock', { height: 9 }),
      (error: Error & { hint?: string; data?: object }) => {
        assert.equal(errorCode(error), 'BLOCK_NOT_FOUND');
        assert.match(error.hint ?? '', /chain_getFinalizedHead/);
        assert.deepEqual(error.data, { height: 9, head: 0 });
        return true;
      },
    );
    const outcomes = await client.batch([
      { method: 'net_version', params: {} },
      { method: 'chain_getBlock', params: { height: 9 } },
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    );
  });

  it('lets the client tell an unreachable node, a slow one and a stranger apart', async () => {
    const { server, node, client } = await open();
    const transaction = `0x${Buffer.from(node.chain.nextTransaction().bytes).toString('hex')}`;
    await assert.rejects(client.call('tx_sendAndWait', { transaction }, { timeoutMs: 50 }), {
      code: 'TIMED_OUT',
    });
    await assert.rejects(
      createClient(`${server.url}/nowhere/`, { fetch: async () => new Response('<html>') }).call(
        'net_version',
      ),
      { code: 'BAD_ANSWER' },
    );
    await server.close();
    await assert.rejects(client.call('net_version'), { code: 'NOT_REACHABLE' });
  });

  it('refuses a foreign Host header, and a page of a foreign origin', async () => {
    const { server } = await open({ hostAllowlist: ['node.example'] });
    for (const host of [
      'evil.example',
      'evil.example:80',
      '127.0.0.1.evil.example',
      'localhost@evil.example',
    ]) {
      const { status, text } = await post(server, JSON.stringify(CALL), { host });
      assert.equal(status, 403, host);
      assert.equal(reasonOf(text), 'HOST_NOT_ALLOWED');
      assert.equal(JSON.parse(text).error.code, -32040);
      assert.match(JSON.parse(text).error.data.hint, /--rpc-host-allowlist/);
    }
    for (const host of ['localhost', 'LOCALHOST:4201', '[::1]:1', 'node.example'])
      assert.equal((await post(server, JSON.stringify(CALL), { host })).status, 200, host);
    const foreign = await post(server, JSON.stringify(CALL), { origin: 'https://evil.example' });
    assert.deepEqual([foreign.status, reasonOf(foreign.text)], [403, 'ORIGIN_NOT_ALLOWED']);
    assert.equal((await post(server, JSON.stringify(CALL), { origin: 'http://localhost:5173' })).status, 200);
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`, {
      headers: { host: 'evil.example' },
    });
    const [error] = await once(socket, 'error');
    assert.match(String(error), /403/);
  });

  it('answers a body that is too large, empty or no JSON, an unknown path, and bytes that are no HTTP', async () => {
    const { server, client } = await open();
    const large = await post(server, 'x'.repeat(LIMITS.maxRpcBodyBytes + 1));
    assert.deepEqual([large.status, reasonOf(large.text)], [413, 'REQUEST_TOO_LARGE']);
    assert.equal(reasonOf((await post(server, '')).text), 'PARSE_ERROR');
    assert.equal(reasonOf((await post(server, '{"jsonrpc":')).text), 'PARSE_ERROR');
    const lost = await post(server, '{}', {}, '/rpc');
    assert.deepEqual([lost.status, reasonOf(lost.text)], [404, 'ENDPOINT_NOT_FOUND']);
    const raw = connect(Number(new URL(server.url).port), '127.0.0.1');
    raw.end('\x00\x01 no http \r\n\r\n');
    const [answer] = await once(raw, 'data');
    assert.match(String(answer), /^HTTP\/1\.1 400/);
    assert.equal(await client.call('net_version'), '77');
  });

  it('describes itself at /openrpc.json exactly as rpc.discover does', async () => {
    const { server, client } = await open();
    const document = await (await fetch(`${server.url}/openrpc.json`)).json();
    assert.deepEqual(document, await client.call('rpc.discover'));
  });

  it('tells whether the node lives and is ready', async () => {
    const { server, node } = await open();
    assert.equal((await fetch(`${server.url}/livez`)).status, 200);
    assert.equal((await fetch(`${server.url}/readyz`)).status, 200);
    node.ready = false;
    const answer = await fetch(`${server.url}/readyz`);
    assert.equal(answer.status, 503);
    assert.deepEqual(await answer.json(), { ready: false, reason: 'SYNCING', height: 0 });
  });

  it('ends a wait when its caller hangs up', async () => {
    const { node, client } = await open();
    const before = node.listeners;
    const transaction = `0x${Buffer.from(node.chain.nextTransaction().bytes).toString('hex')}`;
    const hangUp = new AbortController();
    const waiting = client.call('tx_sendAndWait', { transaction }, { signal: hangUp.signal });
    await until(() => node.listeners > before);
    hangUp.abort();
    await assert.rejects(waiting);
    await until(() => node.listeners === before);
  });

  it('serves calls and subscriptions over the WebSocket', async () => {
    const { server, node } = await open();
    const { socket, next } = await socketTo(server);
    socket.send(JSON.stringify(CALL));
    assert.equal((await next()).result, '77');
    socket.send('no json');
    assert.equal((await next()).error.code, -32700);
    socket.send(JSON.stringify({ ...CALL, method: 'meta_subscribe', params: ['newHeads'] }));
    const { subscription } = (await next()).result;
    node.commit();
    node.commit();
    for (const height of [1, 2]) {
      const { method, params } = await next();
      assert.equal(method, 'meta_subscription');
      assert.deepEqual(
        [params.subscription, params.seq, params.data.height],
        [subscription, height - 1, height],
      );
    }
    socket.send(JSON.stringify({ ...CALL, method: 'meta_unsubscribe', params: { subscription } }));
    assert.deepEqual((await next()).result, { removed: true });
    node.commit();
    socket.send(JSON.stringify(CALL));
    assert.equal((await next()).result, '77', 'a notice came after the end of the subscription');
    socket.terminate();
  });

  it('drops what a WebSocket does not read, says how much, and answers others meanwhile', async () => {
    const { server, node, client } = await open();
    const { socket, next } = await socketTo(server);
    socket.send(JSON.stringify({ ...CALL, method: 'meta_subscribe', params: { topic: 'newHeads' } }));
    await next();
    socket.pause();
    const last = node.commit();
    // The kernel takes some megabytes before the node notices that nobody reads.
    for (let i = 0; i < 40_000; i++) node.announce(last);
    assert.equal(await client.call('net_version'), '77');
    const announcing = setInterval(() => node.announce(last), 20);
    socket.resume();
    let seq = 0;
    let lagged: number | undefined;
    while (lagged === undefined) {
      const { params } = await next();
      lagged = params.lagged;
      assert.equal(params.seq, lagged === undefined ? seq++ : seq + lagged);
    }
    assert.ok(lagged > 0 && seq > 0);
    const { params } = await next();
    clearInterval(announcing);
    assert.equal(params.seq, seq + lagged, 'after what was dropped it goes on');
    assert.ok(params.data !== undefined);
    socket.terminate();
  });

  it('sends receipts by name, and bounds the subscriptions of a connection', async () => {
    const { server, node, client } = await open();
    const { socket, next } = await socketTo(server);
    const subscribe = JSON.stringify({ ...CALL, method: 'meta_subscribe', params: { topic: 'receipts' } });
    for (let i = 0; i < LIMITS.maxSubscriptionsPerConnection; i++) {
      socket.send(subscribe);
      assert.ok((await next()).result.subscription);
    }
    socket.send(subscribe);
    assert.equal((await next()).error.data.reason, 'TOO_MANY_SUBSCRIPTIONS');
    const transaction = node.chain.nextTransaction();
    await client.call('tx_send', { transaction: `0x${Buffer.from(transaction.bytes).toString('hex')}` });
    node.commit();
    const [receipt] = (await next()).params.data.receipts;
    assert.deepEqual(receipt, { ledger: 'economy', txId: `0x${transaction.id}`, index: 0, status: 'OK' });
    socket.terminate();
  });

  it('lets only who shows the token call the methods of admin', async () => {
    const { server, node } = await open({
      tokens: () => [{ name: 'ali', sha256: hashToken('sesame'), scopes: ['admin'] }],
    });
    const isolate = (headers: Record<string, string>) =>
      createClient(server.url, { headers })
        .call('admin_isolate', { forMs: 5 })
        .then(
          () => 'done',
          (error) => errorCode(error),
        );
    assert.equal(await isolate({}), 'SCOPE_MISSING');
    assert.equal(await isolate({ authorization: 'Bearer sesam' }), 'UNAUTHENTICATED');
    assert.equal(await isolate({ authorization: 'sesame' }), 'UNAUTHENTICATED');
    assert.deepEqual(node.network.isolations, []);
    assert.equal(await isolate({ authorization: 'Bearer sesame' }), 'done');
    assert.deepEqual(node.network.isolations, [5]);
    const closed = await open();
    const anybody = createClient(closed.server.url, { headers: { authorization: 'Bearer undefined' } });
    await assert.rejects(
      anybody.call('admin_isolate', { forMs: 5 }),
      (error) => errorCode(error) === 'UNAUTHENTICATED',
    );
  });

  it('closes with open connections, waits and subscriptions', async () => {
    const { server, node, client } = await open();
    const { socket } = await socketTo(server);
    const closed = once(socket, 'close');
    const before = node.listeners;
    const transaction = `0x${Buffer.from(node.chain.nextTransaction().bytes).toString('hex')}`;
    const waiting = client.call('tx_sendAndWait', { transaction }).catch((error) => error);
    await until(() => node.listeners === before + 2);
    await server.close();
    await closed;
    assert.ok((await waiting) instanceof Error);
    await until(() => node.listeners === 0);
  });
});
