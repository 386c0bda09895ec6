import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { PageFile } from '../../../src/rpc/page.ts';
import { createRpcServer, type RpcServer } from '../../../src/rpc/server.ts';
import { silentLogger } from '../../../src/util/logger.ts';
import { RpcNode } from '../../support/rpc-ports.ts';

const FILES: readonly PageFile[] = [
  { path: 'index.html', type: 'text/html; charset=utf-8', bytes: Buffer.from('<html>'), tag: '"i"' },
  { path: 'assets/a-1.js', type: 'text/javascript; charset=utf-8', bytes: Buffer.from('1;'), tag: '"a"' },
];

describe('the page at /ui', () => {
  let server: RpcServer;
  const serve = async (page?: readonly PageFile[]) => {
    server = await createRpcServer(new RpcNode().ports(), {
      host: '127.0.0.1',
      port: 0,
      logger: silentLogger,
      ...(page === undefined ? {} : { page }),
    });
  };
  const get = async (path: string, headers: Record<string, string> = {}) =>
    await fetch(`${server.url}${path}`, { headers });
  /** A request line as it is; `fetch` would tidy the path. */
  const statusOf = async (path: string) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    await once(socket, 'close');
    return /^HTTP\/1.1 (\d+)/.exec(String(Buffer.concat(chunks)))?.[1];
  };
  afterEach(async () => {
    await server.close();
  });

  it('is its index and its assets, each with its type', async () => {
    await serve(FILES);
    for (const path of ['/ui', '/ui/']) {
      const answer = await get(path);
      assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8');
      assert.equal(await answer.text(), '<html>');
    }
    const asset = await get('/ui/assets/a-1.js');
    assert.equal(await asset.text(), '1;');
    assert.match(asset.headers.get('cache-control') ?? '', /immutable/);
  });

  it('may load and reach nothing but its own node, and be framed by nobody', async () => {
    await serve(FILES);
    const { headers } = await get('/ui');
    const policy = new Map(
      (headers.get('content-security-policy') ?? '').split('; ').map((part) => {
        const [name = '', ...values] = part.split(' ');
        return [name, values];
      }),
    );
    assert.deepEqual(policy.get('default-src'), ["'none'"]);
    assert.deepEqual(policy.get('frame-ancestors'), ["'none'"]);
    for (const name of ['script-src', 'style-src', 'connect-src', 'img-src'])
      assert.deepEqual(policy.get(name), ["'self'"]);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('referrer-policy'), 'no-referrer');
  });

  it('is not sent again to who has it', async () => {
    await serve(FILES);
    assert.equal((await get('/ui', { 'if-none-match': '"i"' })).status, 304);
    assert.equal((await get('/ui', { 'if-none-match': '"old"' })).status, 200);
  });

  it('has no path that leads out of it', async () => {
    await serve(FILES);
    for (const path of [
      '/ui/../package.json',
      '/ui/..%2fpackage.json',
      '/ui/%2e%2e/%2e%2e/etc/passwd',
      '/ui/assets/../../package.json',
      '/ui//etc/passwd',
      '/ui/assets',
      '/ui/assets/',
      '/ui/assets/a-1.js/..',
      '/ui/assets/a-1.js%00',
      '/ui/index.html/',
      '/ui/..\\package.json',
    ])
      assert.match((await statusOf(path)) ?? '', /^4\d\d$/, path);
    assert.equal(await statusOf('/ui'), '200');
  });

  it('is not there where it was not built', async () => {
    await serve();
    const answer = await get('/ui');
    assert.equal(answer.status, 404);
    assert.equal((await answer.json()).error.data.reason, 'ENDPOINT_NOT_FOUND');
  });
});
