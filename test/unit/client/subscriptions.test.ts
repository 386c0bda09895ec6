import assert from 'node:assert/strict';
import fc from 'fast-check';
import { openSocket } from '../../../src/client/open-socket-node.ts';
import {
  type LinkState,
  retryDelayMs,
  type Subscriber,
  Subscriptions,
} from '../../../src/client/subscriptions.ts';
import type { ClientSocket } from '../../../src/client/web-socket.ts';
import { createRpcServer, type RpcServer, type RpcServerOptions } from '../../../src/rpc/server.ts';
import { silentLogger } from '../../../src/util/logger.ts';
import { RpcNode } from '../../support/rpc-ports.ts';
import { waitFor } from '../../support/wait-for.ts';

describe('subscriptions of the client', () => {
  const servers: RpcServer[] = [];
  const opened: Subscriptions[] = [];
  const serve = async (port = 0, options: Partial<RpcServerOptions> = {}) => {
    const node = new RpcNode();
    const server = await createRpcServer(node.ports(), {
      host: '127.0.0.1',
      port,
      logger: silentLogger,
      ...options,
    });
    servers.push(server);
    return { node, server, port: Number(new URL(server.url).port) };
  };
  const connect = (port: number, open = openSocket) => {
    const states: LinkState['kind'][] = [];
    const subscriptions = new Subscriptions({
      url: `ws://127.0.0.1:${port}/ws`,
      open,
      onState: ({ kind }) => states.push(kind),
      jitter: () => 0,
    });
    opened.push(subscriptions);
    return { subscriptions, states };
  };
  const heights = (list: unknown[]) => list.map((data) => (data as { height: number }).height);
  const hearing = () => {
    const [data, lagged, refused]: [unknown[], number[], string[]] = [[], [], []];
    const subscriber: Subscriber = {
      onData: (notice) => data.push(notice),
      onLagged: (count) => lagged.push(count),
      onRefused: ({ reason }) => refused.push(reason),
    };
    return { data, lagged, refused, subscriber };
  };
  afterEach(async () => {
    for (const subscriptions of opened.splice(0)) subscriptions.close();
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  it('bring to each subscriber what happens, until it leaves', async () => {
    const { node, port } = await serve();
    const { subscriptions, states } = connect(port);
    const [first, second] = [hearing(), hearing()];
    const leave = subscriptions.subscribe('newHeads', first.subscriber);
    subscriptions.subscribe('newHeads', second.subscriber);
    await waitFor('it is live', () => states.at(-1) === 'live');
    await waitFor('blocks arrive', () => {
      node.commit();
      return first.data.length >= 2;
    });
    leave();
    const seen = first.data.length;
    const before = second.data.length;
    await waitFor('the other still hears', () => {
      node.commit();
      return second.data.length >= before + 2;
    });
    assert.equal(first.data.length, seen);
    assert.deepEqual(
      heights(second.data),
      [...heights(second.data)].sort((a, b) => a - b),
    );
  });

  it('come back by themselves after the node was away, and say so meanwhile', async () => {
    const { server, port } = await serve();
    const { subscriptions, states } = connect(port);
    const heard = hearing();
    subscriptions.subscribe('newHeads', heard.subscriber);
    await waitFor('it is live', () => states.at(-1) === 'live');
    servers.splice(servers.indexOf(server), 1);
    await server.close();
    await waitFor('it is disconnected', () => states.at(-1) === 'disconnected');
    const { node } = await serve(port);
    await waitFor('it is live again', () => states.at(-1) === 'live');
    await waitFor('blocks arrive again', () => {
      node.commit();
      return heard.data.length > 0;
    });
  });

  /** A connection whose other side is the test. */
  const scripted = () => {
    const sent: { id: number; method: string; params: object }[] = [];
    const socket: ClientSocket = {
      readyState: 1,
      onopen: null,
      onmessage: null,
      onclose: null,
      onerror: null,
      send: (text) => sent.push(JSON.parse(text)),
      close: () => {},
    };
    const say = (message: object) =>
      socket.onmessage?.({ data: JSON.stringify({ jsonrpc: '2.0', ...message }) });
    return { socket, sent, say, ...connect(0, () => socket) };
  };

  it('tell each subscriber how many notices a slow reader missed, and go on', () => {
    const { subscriptions, sent, say } = scripted();
    const heard = hearing();
    subscriptions.subscribe('newHeads', heard.subscriber);
    const notice = (params: object) =>
      say({ method: 'meta_subscription', params: { subscription: 's', ...params } });
    say({ id: sent[0]?.id, result: { subscription: 's' } });
    notice({ seq: 0, data: { height: 1 } });
    notice({ seq: 8, lagged: 7 });
    notice({ seq: 8, data: { height: 9 } });
    assert.deepEqual([heights(heard.data), heard.lagged], [[1, 9], [7]]);
  });

  it('ask once for each topic and filter, and give each subscriber its own notices', () => {
    const { subscriptions, sent, say } = scripted();
    const [all, votes, more] = [hearing(), hearing(), hearing()];
    const filter = { kinds: ['vote' as const] };
    subscriptions.subscribe('consensus', all.subscriber);
    const leave = subscriptions.subscribe('consensus', { ...votes.subscriber, filter });
    subscriptions.subscribe('consensus', { ...more.subscriber, filter });
    assert.deepEqual(
      sent.map(({ params }) => params),
      [{ topic: 'consensus' }, { topic: 'consensus', filter }],
    );
    say({ id: sent[0]?.id, result: { subscription: 'a' } });
    say({ id: sent[1]?.id, result: { subscription: 'b' } });
    const notice = (subscription: string) =>
      say({ method: 'meta_subscription', params: { subscription, seq: 0, data: {} } });
    notice('a');
    notice('b');
    leave();
    notice('b');
    assert.deepEqual([all.data.length, votes.data.length, more.data.length], [1, 1, 2]);
  });

  it('ask again for what was refused when somebody else wants it', () => {
    const { subscriptions, sent, say } = scripted();
    const [first, second] = [hearing(), hearing()];
    subscriptions.subscribe('peers', first.subscriber);
    subscriptions.subscribe('peers', first.subscriber);
    assert.equal(sent.length, 1);
    say({ id: sent[0]?.id, error: { code: -32040, message: 'no', data: { reason: 'SCOPE_MISSING' } } });
    assert.deepEqual(first.refused, ['SCOPE_MISSING']);
    subscriptions.subscribe('peers', second.subscriber);
    say({ id: sent[1]?.id, result: { subscription: 's' } });
    say({ method: 'meta_subscription', params: { subscription: 's', seq: 0, data: { height: 1 } } });
    assert.deepEqual([first.data.length, second.data.length], [1, 1]);
  });

  it('survive a server that says anything, and leave one that does not speak JSON', () => {
    const odd = fc.oneof(fc.jsonValue(), fc.constantFrom(0, 1, 's', null, {}));
    const message = fc.record(
      { id: odd, result: odd, error: odd, params: odd, method: fc.constantFrom('meta_subscription', 'x') },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(message), (messages) => {
        const { subscriptions, states, say } = scripted();
        subscriptions.subscribe('newHeads', hearing().subscriber);
        for (const one of messages) say(one);
        assert.deepEqual(states, []);
        subscriptions.close();
      }),
      { numRuns: 50 },
    );
    for (const data of ['<html>', '7', 'null', '']) {
      const { socket, states } = scripted();
      socket.onmessage?.({ data });
      assert.deepEqual(states, ['disconnected'], data);
    }
  });

  it('say why the node refuses one, and leave the others alone', async () => {
    const { node, port } = await serve(0, { scopes: ['read'] });
    const { subscriptions } = connect(port);
    const [open, closed] = [hearing(), hearing()];
    subscriptions.subscribe('peers', closed.subscriber);
    subscriptions.subscribe('newHeads', open.subscriber);
    await waitFor('the answer comes', () => closed.refused.length > 0);
    assert.deepEqual(closed.refused, ['SCOPE_MISSING']);
    await waitFor('blocks arrive', () => {
      node.commit();
      return open.data.length > 0;
    });
  });

  it('wait longer after each failure, up to a bound', () => {
    const delays = Array.from({ length: 40 }, (_, attempt) => retryDelayMs(attempt, 1));
    assert.deepEqual(delays.slice(0, 5), [500, 1_000, 2_000, 4_000, 5_000]);
    assert.equal(Math.max(...delays), 5_000);
    assert.equal(retryDelayMs(0, 0), 250);
  });
});
