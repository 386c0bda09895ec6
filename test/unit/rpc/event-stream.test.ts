import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import { hashToken } from '../../../src/node/token-file.ts';
import { createRpcServer, type RpcServer, type RpcServerOptions } from '../../../src/rpc/server.ts';
import { silentLogger } from '../../../src/util/logger.ts';
import { RpcNode } from '../../support/rpc-ports.ts';

interface Reading {
  readonly chunks: AsyncIterator<string>;
  text: string;
}

const reading = (response: IncomingMessage): Reading => ({
  chunks: response[Symbol.asyncIterator]() as AsyncIterator<string>,
  text: '',
});

describe('the stream of events', () => {
  const servers: RpcServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  const open = async (options: Partial<RpcServerOptions> = {}) => {
    const node = new RpcNode();
    const logger = silentLogger;
    const server = await createRpcServer(node.ports(), { host: '127.0.0.1', port: 0, logger, ...options });
    servers.push(server);
    const read = async (query: string, headers: Record<string, string> = {}) => {
      const request: ClientRequest = get(`${server.url}/events${query}`, { headers });
      request.on('error', () => undefined);
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.setEncoding('utf8');
      return { request, response };
    };
    return { node, read };
  };

  /** The next event that is no comment. */
  const nextEvent = async (seen: Reading) => {
    for (;;) {
      const end = seen.text.indexOf('\n\n');
      if (end >= 0) {
        const block = seen.text.slice(0, end);
        seen.text = seen.text.slice(end + 2);
        if (block.startsWith(':')) continue;
        const [, topic, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
        return { topic, data: JSON.parse(data ?? '') };
      }
      const { value, done } = await seen.chunks.next();
      assert.ok(done !== true, 'the stream ended');
      seen.text += value;
    }
  };

  it('tells what the WebSocket tells, named after its topic and counted', async () => {
    const { node, read } = await open();
    const { request, response } = await read('?topics=newHeads,peers');
    assert.equal(response.statusCode, 200);
    assert.equal(response.headers['content-type'], 'text/event-stream');
    const seen = reading(response);
    node.commit();
    node.network.disconnect();
    node.commit();
    const events = [];
    for (let i = 0; i < 3; i++) events.push(await nextEvent(seen));
    assert.deepEqual(
      events.map(({ topic, data }) => [topic, data.seq, data.data.height ?? data.data.kind]),
      [
        ['newHeads', 0, 1],
        ['peers', 0, 'disconnected'],
        ['newHeads', 1, 2],
      ],
    );
    request.destroy();
  });

  it('tells only what the filters of its topics let through', async () => {
    const { node, read } = await open();
    const filter = encodeURIComponent(JSON.stringify({ consensus: { kinds: ['vote'] } }));
    const { request, response } = await read(`?topics=newHeads,consensus&filter=${filter}`);
    assert.equal(response.statusCode, 200);
    const seen = reading(response);
    node.beginRound(0);
    node.vote();
    node.commit();
    const events = [await nextEvent(seen), await nextEvent(seen)];
    assert.deepEqual(
      events.map(({ topic, data }) => [topic, data.seq, data.data.kind ?? data.data.height]),
      [
        ['consensus', 0, 'vote'],
        ['newHeads', 0, 1],
      ],
    );
    request.destroy();
  });

  it('refuses unknown topics, missing scopes and false tokens with their status', async () => {
    const tokens = () => [{ name: 'watcher', sha256: hashToken('watcher'), scopes: ['debug' as const] }];
    const { read } = await open({ scopes: ['read'], tokens });
    const refusalOf = async (query: string, headers: Record<string, string> = {}) => {
      const { response } = await read(query, headers);
      let text = '';
      for await (const chunk of response) text += chunk;
      return [response.statusCode, JSON.parse(text).error.data.reason];
    };
    for (const query of ['', '?topics=', '?topics=newHeads,nothing', '?topics=newHeads&topics=receipts'])
      assert.deepEqual(await refusalOf(query), [400, 'INVALID_PARAMS'], query);
    for (const filter of ['', '{', '[]x', 'null', '7', '{"receipts":{}}', '{"newHeads":{"x":1}}', '[1]'])
      assert.deepEqual(
        await refusalOf(`?topics=newHeads&filter=${encodeURIComponent(filter)}`),
        [400, 'INVALID_PARAMS'],
        filter,
      );
    assert.deepEqual(await refusalOf('?topics=peers'), [403, 'SCOPE_MISSING']);
    assert.deepEqual(await refusalOf('?topics=newHeads', { authorization: 'Bearer x' }), [
      401,
      'UNAUTHENTICATED',
    ]);
    const { request, response } = await read('?topics=peers', { authorization: 'Bearer watcher' });
    assert.equal(response.statusCode, 200);
    request.destroy();
  });

  it('tells a reader that was too slow how many events it missed, and goes on', async () => {
    const { node, read } = await open();
    const { request, response } = await read('?topics=newHeads');
    response.pause();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const rounds = 40_000;
    const last = node.commit();
    // The kernel takes some megabytes before the node notices that nobody reads.
    for (let i = 0; i < rounds; i++) node.announce(last);
    const announcing = setInterval(() => node.announce(last), 20);
    const seen = reading(response);
    let lagged = 0;
    let received = 0;
    while (lagged === 0) {
      const { data } = await nextEvent(seen);
      if (data.lagged === undefined) {
        received++;
        assert.equal(data.seq, received - 1);
      } else lagged = data.lagged;
    }
    assert.ok(lagged > 0 && received > 0);
    const { data } = await nextEvent(seen);
    clearInterval(announcing);
    assert.equal(data.seq, received + lagged, 'what was dropped is counted');
    request.destroy();
  });
});
