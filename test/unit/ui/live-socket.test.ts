import assert from 'node:assert/strict';
import { WebSocket as NodeWebSocket } from 'ws';
import { createRpcServer, type RpcServer } from '../../../src/rpc/server.ts';
import { LiveSocket, retryDelayMs } from '../../../src/ui/live/socket.ts';
import { silentLogger } from '../../../src/util/logger.ts';
import { waitFor } from '../../support/cluster.ts';
import { RpcNode } from '../../support/rpc-ports.ts';

describe("the page's subscriptions", () => {
  const servers: RpcServer[] = [];
  const sockets: LiveSocket[] = [];
  const serve = async (port = 0) => {
    const node = new RpcNode();
    const server = await createRpcServer(node.ports(), { host: '127.0.0.1', port, logger: silentLogger });
    servers.push(server);
    return { node, server, port: Number(new URL(server.url).port) };
  };
  const connect = (port: number) => {
    const socket = new LiveSocket({
      url: `ws://127.0.0.1:${port}/ws`,
      // The one of Node has the same interface.
      open: (url) => new NodeWebSocket(url) as unknown as WebSocket,
      jitter: () => 0,
    });
    sockets.push(socket);
    return socket;
  };
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.close();
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  const heights = (list: unknown[]) => list.map((data) => (data as { height: number }).height);

  it('bring to each subscriber what happens, until it leaves', async () => {
    const { node, port } = await serve();
    const socket = connect(port);
    const [first, second]: [unknown[], unknown[]] = [[], []];
    const leave = socket.subscribe('newHeads', { onData: (data) => first.push(data) });
    socket.subscribe('newHeads', { onData: (data) => second.push(data) });
    await waitFor('it is live', () => socket.state.value.kind === 'live');
    await waitFor('blocks arrive', () => {
      node.commit();
      return first.length >= 2;
    });
    leave();
    const seen = first.length;
    const before = second.length;
    await waitFor('the other still hears', () => {
      node.commit();
      return second.length >= before + 2;
    });
    assert.equal(first.length, seen);
    assert.deepEqual(
      heights(second),
      [...heights(second)].sort((a, b) => a - b),
    );
  });

  it('come back by themselves after the node was away, and say so meanwhile', async () => {
    const { server, port } = await serve();
    const socket = connect(port);
    const heard: unknown[] = [];
    socket.subscribe('newHeads', { onData: (data) => heard.push(data) });
    await waitFor('it is live', () => socket.state.value.kind === 'live');
    servers.splice(servers.indexOf(server), 1);
    await server.close();
    await waitFor('it is disconnected', () => socket.state.value.kind === 'disconnected');
    const { node } = await serve(port);
    await waitFor('it is live again', () => socket.state.value.kind === 'live');
    await waitFor('blocks arrive again', () => {
      node.commit();
      return heard.length > 0;
    });
  });

  it('wait longer after each failure, up to a bound', () => {
    const delays = Array.from({ length: 40 }, (_, attempt) => retryDelayMs(attempt, 1));
    assert.deepEqual(delays.slice(0, 5), [500, 1_000, 2_000, 4_000, 5_000]);
    assert.equal(Math.max(...delays), 5_000);
    assert.equal(retryDelayMs(0, 0), 250);
  });
});
