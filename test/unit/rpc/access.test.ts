import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import {
  type IncomingHttpHeaders,
  type RequestListener,
  type RequestOptions,
  request as requestHttp,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { listenLocally } from '../../../src/node/local-socket.ts';
import { openScopes } from '../../../src/node/open-scopes.ts';
import { hashToken } from '../../../src/node/token-file.ts';
import type { Scope } from '../../../src/rpc/schema/method.ts';
import { METHODS } from '../../../src/rpc/schema/methods.ts';
import { createRpcServer, type RpcServer, type RpcServerOptions } from '../../../src/rpc/server.ts';
import { errorCode } from '../../../src/util/errors.ts';
import { silentLogger } from '../../../src/util/logger.ts';
import { RpcNode } from '../../support/rpc-ports.ts';
import { TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from '../../support/tls.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: {
    readonly result?: unknown;
    readonly error?: {
      readonly code: number;
      readonly data: { reason: string; hint: string; details: object };
    };
  };
}

const callOf = (method: string, params: object = {}) => ({ jsonrpc: '2.0', id: 1, method, params });
const ISOLATE = callOf('admin_isolate', { forMs: 5 });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('the access to the RPC', () => {
  const servers: RpcServer[] = [];
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'metanode-access-'));
  });
  after(() => rm(directory, { recursive: true, force: true }));
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  const open = async ({
    socketPath,
    ...options
  }: Partial<RpcServerOptions> & { socketPath?: string } = {}) => {
    const node = new RpcNode();
    const server = await createRpcServer(node.ports(), {
      host: '127.0.0.1',
      port: 0,
      logger: silentLogger,
      ...(socketPath === undefined
        ? {}
        : { listenLocally: (onRequest: RequestListener) => listenLocally(socketPath, onRequest) }),
      ...options,
    });
    servers.push(server);
    return { node, server };
  };
  const token = (text: string, ...scopes: Scope[]) => ({ name: text, sha256: hashToken(text), scopes });

  const send = (options: RequestOptions, body?: unknown): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const send = options.protocol === 'https:' ? requestHttps : requestHttp;
      const request = send({ method: 'POST', path: '/', ...options }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => {
          const text = String(Buffer.concat(chunks));
          const { statusCode = 0, headers } = response;
          resolve({ status: statusCode, headers, body: text === '' ? {} : JSON.parse(text) });
        });
      });
      request.on('error', reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  const post = (
    server: RpcServer,
    body: unknown,
    headers: Record<string, string> = {},
    more: RequestOptions = {},
  ) => {
    const { protocol, hostname, port } = new URL(server.url);
    return send({ protocol, hostname, port, headers, ...more }, body);
  };
  const reasonOf = ({ body }: Answer) => body.error?.data.reason ?? 'none';

  it('gives a token its scopes beside those that are open, and nothing more', async () => {
    const { server, node } = await open({
      scopes: ['read'],
      tokens: () => [token('watcher', 'debug'), token('owner', 'admin')],
    });
    assert.equal(reasonOf(await post(server, callOf('admin_peers'))), 'SCOPE_MISSING');
    assert.equal(reasonOf(await post(server, callOf('admin_peers'), bearer('watcher'))), 'none');
    assert.equal(reasonOf(await post(server, callOf('net_version'), bearer('watcher'))), 'none');
    assert.equal(reasonOf(await post(server, ISOLATE, bearer('watcher'))), 'SCOPE_MISSING');
    assert.deepEqual(node.network.isolations, []);
    assert.equal(reasonOf(await post(server, ISOLATE, bearer('owner'))), 'none');
    assert.deepEqual(node.network.isolations, [5]);
  });

  it('refuses every method of debug and admin without a token, and names the scope that it takes', async () => {
    const { server } = await open({ scopes: ['read', 'write'] });
    const guarded = Object.entries(METHODS).filter(([, { scope }]) => ['debug', 'admin'].includes(scope));
    assert.ok(guarded.length > 30);
    for (const [method, { scope }] of guarded) {
      const { error } = (await post(server, callOf(method))).body;
      assert.equal(error?.code, -32040, method);
      assert.equal(error?.data.reason, 'SCOPE_MISSING', method);
      assert.deepEqual(error?.data.details, { needed: scope, held: ['read', 'write'] }, method);
      assert.match(error?.data.hint ?? '', new RegExp(`\\b${scope}\\b`), method);
    }
  });

  it('refuses a token that is none with 401, even where no token is needed', async () => {
    let tokens = [token('watcher', 'debug')];
    const { server } = await open({ tokens: () => tokens });
    for (const authorization of [
      'Bearer watche',
      'Bearer watcherr',
      'watcher',
      'Basic watcher',
      'Bearer ',
      '',
    ]) {
      const answer = await post(server, callOf('net_version'), { authorization });
      assert.deepEqual([answer.status, reasonOf(answer)], [401, 'UNAUTHENTICATED'], authorization);
      assert.equal(answer.headers['www-authenticate'], 'Bearer');
    }
    assert.equal((await post(server, callOf('net_version'), bearer('watcher'))).status, 200);
    tokens = [];
    assert.equal((await post(server, callOf('net_version'), bearer('watcher'))).status, 401);
  });

  it('holds a WebSocket to the token that it was opened with', async () => {
    const { server } = await open({ scopes: ['read'], tokens: () => [token('watcher', 'debug')] });
    const url = `${server.url.replace('http', 'ws')}/ws`;
    const ask = async (headers: Record<string, string>) => {
      const socket = new WebSocket(url, { headers });
      await once(socket, 'open');
      socket.send(JSON.stringify(callOf('meta_subscribe', { topic: 'peers' })));
      const [data] = await once(socket, 'message');
      socket.terminate();
      return JSON.parse(String(data)).error?.data.reason ?? 'none';
    };
    assert.equal(await ask({}), 'SCOPE_MISSING');
    assert.equal(await ask(bearer('watcher')), 'none');
    const refused = new WebSocket(url, { headers: bearer('nobody') });
    const [, response] = await once(refused, 'unexpected-response');
    assert.equal(response.statusCode, 401);
    refused.on('error', () => undefined);
    refused.terminate();
  });

  it('answers 429 to an address and to a token that ask too often, each on its own account', async () => {
    const { server } = await open({
      callsPerSecond: 5,
      tokens: () => [token('busy', 'debug'), token('calm', 'debug')],
    });
    const batch = (calls: number) => Array.from({ length: calls }, () => callOf('net_version'));
    // The clock of the node in memory stands still, so nothing is earned back.
    assert.equal((await post(server, batch(8))).status, 200);
    const refused = await post(server, callOf('net_version'));
    assert.deepEqual([refused.status, reasonOf(refused)], [429, 'RATE_LIMITED']);
    assert.deepEqual(refused.body.error?.data.details, { retryAfterMs: 600 });
    assert.equal(refused.headers['retry-after'], '1');
    assert.equal((await post(server, batch(100), bearer('busy'))).status, 200);
    assert.equal((await post(server, callOf('net_version'), bearer('busy'))).status, 429);
    assert.equal((await post(server, callOf('net_version'), bearer('calm'))).status, 200);
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`);
    await once(socket, 'open');
    socket.send(JSON.stringify(callOf('net_version')));
    const [data] = await once(socket, 'message');
    assert.equal(JSON.parse(String(data)).error.data.reason, 'RATE_LIMITED');
    socket.terminate();
  });

  it('lets pages of the named origins read answers, after they asked, and no others', async () => {
    const origin = 'https://wallet.example';
    const { server } = await open({ crossOrigins: [origin] });
    const preflight = await post(server, undefined, { origin }, { method: 'OPTIONS' });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers['access-control-allow-origin'], origin);
    assert.match(String(preflight.headers['access-control-allow-headers']), /authorization/);
    const answer = await post(server, callOf('net_version'), { origin });
    assert.deepEqual([answer.status, answer.headers['access-control-allow-origin']], [200, origin]);
    const own = await post(server, callOf('net_version'), { origin: 'http://localhost:3000' });
    assert.deepEqual([own.status, own.headers['access-control-allow-origin']], [200, undefined]);
    for (const foreign of ['https://wallet.example.evil', 'http://wallet.example', 'null'])
      assert.equal(
        reasonOf(await post(server, callOf('net_version'), { origin: foreign })),
        'ORIGIN_NOT_ALLOWED',
      );
  });

  it('speaks HTTPS with a certificate', async () => {
    const tls = { cert: Buffer.from(TEST_CERTIFICATE), key: Buffer.from(TEST_CERTIFICATE_KEY) };
    const { server } = await open({ tls });
    assert.match(server.url, /^https:/);
    const trusted = await post(server, callOf('net_version'), {}, { ca: TEST_CERTIFICATE } as RequestOptions);
    assert.equal(trusted.body.result, '77');
    await assert.rejects(post(server, callOf('net_version')));
    const socket = new WebSocket(`${server.url.replace('https', 'wss')}/ws`, { ca: TEST_CERTIFICATE });
    await once(socket, 'open');
    socket.terminate();
  });

  it('opens a local socket to its owner only, with every scope and under any name', async () => {
    const socketPath = join(directory, 'metanode.sock');
    const { server, node } = await open({ scopes: [], callsPerSecond: 1, socketPath });
    assert.equal((await stat(socketPath)).mode & 0o777, 0o600);
    for (let i = 0; i < 3; i++) {
      const answer = await send({ socketPath, headers: { host: 'whatever' } }, ISOLATE);
      assert.equal(reasonOf(answer), 'none');
    }
    assert.deepEqual(node.network.isolations, [5, 5, 5]);
    assert.equal(reasonOf(await post(server, ISOLATE)), 'SCOPE_MISSING');
    const webSocket = new WebSocket(`ws+unix://${socketPath}:/ws`);
    await once(webSocket, 'open');
    webSocket.terminate();
    await server.close();
    await assert.rejects(stat(socketPath), { code: 'ENOENT' });
  });

  it('takes away a dead socket, but no living one and no other file', async () => {
    const socketPath = join(directory, 'taken.sock');
    const { server } = await open({ socketPath });
    await assert.rejects(open({ socketPath }), (error) => errorCode(error) === 'RPC_SOCKET_UNUSABLE');
    assert.equal((await send({ socketPath }, callOf('net_version'))).body.result, '77');
    await server.close();
    const file = join(directory, 'file');
    await writeFile(file, 'x');
    for (const unusable of [file, join(directory, 'x'.repeat(120)), join(directory, 'absent', 'sock')])
      await assert.rejects(
        open({ socketPath: unusable }),
        (error) => errorCode(error) === 'RPC_SOCKET_UNUSABLE',
      );
  });

  it('opens on loopback everything but admin, elsewhere reading only, unless told otherwise', () => {
    for (const rpcHost of ['127.0.0.1', '127.1.2.3', '::1', 'localhost'])
      assert.deepEqual(openScopes(rpcHost, undefined), ['read', 'write', 'debug']);
    for (const rpcHost of ['0.0.0.0', '::', '10.0.0.1', '127.example'])
      assert.deepEqual(openScopes(rpcHost, undefined), ['read']);
    assert.deepEqual(openScopes('0.0.0.0', ['read', 'write']), ['read', 'write']);
  });
});
