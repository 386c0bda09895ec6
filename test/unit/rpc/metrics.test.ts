import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { hashToken } from '../../../src/node/token-file.ts';
import { exposition } from '../../../src/rpc/metrics/exposition.ts';
import type { Metric, MetricSources } from '../../../src/rpc/metrics/metric.ts';
import { METRICS } from '../../../src/rpc/metrics/metrics-endpoint.ts';
import { createRpcServer, type RpcServer, type RpcServerOptions } from '../../../src/rpc/server.ts';
import { silentLogger } from '../../../src/util/logger.ts';
import { parseExposition } from '../../support/exposition.ts';
import { RpcNode } from '../../support/rpc-ports.ts';

const README = join(import.meta.dirname, '../../../README.md');

describe('the metrics of a node', () => {
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
    return { node, server };
  };
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  const get = (server: RpcServer, headers: Record<string, string> = {}, url = `${server.url}/metrics`) =>
    new Promise<{ status: number | undefined; type: string | undefined; text: string }>((resolve, reject) => {
      request(url, { headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode,
            type: response.headers['content-type'],
            text: String(Buffer.concat(chunks)),
          }),
        );
      })
        .on('error', reject)
        .end();
    });
  const scrape = async (server: RpcServer) => parseExposition((await get(server)).text);
  const reasonOf = (text: string) => JSON.parse(text).error.data.reason;

  it('are those of the table in the README, with the same labels and in the same words', async () => {
    const rows = METRICS.map(
      ({ name, labels, help }) =>
        `| \`${name}\` | ${(labels ?? []).map((label) => `\`${label}\` `).join('')}| ${help} |`,
    );
    const table = readFileSync(README, 'utf8').match(/^\| `(?:metanode|process)_.*$/gm) ?? [];
    assert.deepEqual(table, rows);
  });

  it('are served under exactly these names, each with its type and all of its labels', async () => {
    const { server, node } = await open();
    node.commit();
    const answer = await get(server);
    assert.deepEqual([answer.status, answer.type], [200, 'text/plain; version=0.0.4; charset=utf-8']);
    const served = parseExposition(answer.text);
    assert.deepEqual(
      served.map(({ name, kind, help }) => ({ name, kind, help })),
      METRICS.map(({ name, kind, help }) => ({ name, kind, help })),
    );
    for (const { name, samples } of served) {
      const { labels } = METRICS.find((metric) => metric.name === name) as Metric;
      for (const sample of samples) assert.deepEqual(Object.keys(sample.labels), labels ?? [], name);
      const sets = samples.map((sample) => JSON.stringify(sample.labels));
      assert.equal(new Set(sets).size, sets.length, `${name} says two things of one set of labels`);
    }
  });

  it('have names by the rules: a counter ends in _total, and nothing else does', () => {
    assert.equal(new Set(METRICS.map(({ name }) => name)).size, METRICS.length);
    for (const { name, kind } of METRICS) {
      assert.match(name, /^(?:metanode_[a-z]+|process)_[a-z_]+$/);
      assert.equal(name.endsWith('_total'), kind === 'counter', name);
    }
  });

  it('say what the node knows at the moment of the request', async () => {
    const { server, node } = await open();
    const value = async (name: string, labels: Record<string, string> = {}) => {
      const family = (await scrape(server)).find((one) => one.name === name);
      return family?.samples.find((sample) =>
        Object.entries(labels).every(([label, text]) => sample.labels[label] === text),
      )?.value;
    };
    assert.equal(await value('metanode_chain_height'), 0);
    assert.equal(await value('metanode_chain_head_seals'), undefined);
    const transaction = node.chain.nextTransaction();
    await node.ports().pool.submit(transaction.bytes);
    assert.equal(await value('metanode_mempool_transactions', { ledger: 'economy', state: 'pooled' }), 1);
    assert.equal(await value('metanode_mempool_admitted_total', { origin: 'local' }), 1);
    node.commit();
    node.beginRound(1);
    node.network.disconnect();
    node.drop(transaction.id);
    node.ready = false;
    assert.equal(await value('metanode_chain_height'), 1);
    assert.equal(await value('metanode_chain_blocks_total'), 1);
    assert.equal(await value('metanode_chain_head_seals'), 3);
    assert.equal(await value('metanode_chain_transactions_total', { ledger: 'economy' }), 1);
    assert.equal(await value('metanode_chain_transactions_total', { ledger: 'bpi' }), 0);
    assert.equal(await value('metanode_consensus_rounds_total', { outcome: 'timeout' }), 0);
    assert.equal(await value('metanode_consensus_validators_absent'), 2);
    assert.equal(await value('metanode_network_peer_events_total', { kind: 'disconnected' }), 1);
    assert.equal(await value('metanode_mempool_dropped_total', { reason: 'EXPIRED' }), 1);
    assert.equal(await value('metanode_node_ready'), 0);
    assert.equal(await value('metanode_rpc_calls_total'), 0);
  });

  it('count a round that ended with the time that it took, and no round that still runs', async () => {
    const { server, node } = await open();
    node.beginRound(0);
    node.endRound(0, 2_200);
    node.endRound(1, 300);
    const families = await scrape(server);
    const timeouts = (name: string) =>
      families
        .find((family) => family.name === name)
        ?.samples.find(({ labels }) => labels.outcome === 'timeout')?.value;
    assert.equal(timeouts('metanode_consensus_rounds_total'), 2);
    assert.equal(timeouts('metanode_consensus_round_seconds_total'), 2.5);
  });

  it('count calls and the errors among them', async () => {
    const { server } = await open();
    for (const method of ['net_version', 'net_version', 'no_such'])
      await fetch(server.url, { method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', id: 1, method }) });
    const families = await scrape(server);
    const total = (name: string) => families.find((family) => family.name === name)?.samples[0]?.value;
    assert.deepEqual([total('metanode_rpc_calls_total'), total('metanode_rpc_errors_total')], [3, 1]);
  });

  it('are for who may read: by scope, token, host name and rate, like every call', async () => {
    const token = { name: 'scraper', sha256: hashToken('secret'), scopes: ['read'] as const };
    const { server } = await open({ scopes: [], tokens: () => [token], callsPerSecond: 2 });
    const bare = await get(server);
    assert.deepEqual([bare.status, reasonOf(bare.text)], [403, 'SCOPE_MISSING']);
    const wrong = await get(server, { authorization: 'Bearer guessed' });
    assert.deepEqual([wrong.status, reasonOf(wrong.text)], [401, 'UNAUTHENTICATED']);
    const foreign = await get(server, { host: 'evil.example' });
    assert.deepEqual([foreign.status, reasonOf(foreign.text)], [403, 'HOST_NOT_ALLOWED']);
    const statuses: unknown[] = [];
    for (let i = 0; i < 6; i++) statuses.push((await get(server, { authorization: 'Bearer secret' })).status);
    assert.equal(statuses[0], 200);
    assert.ok(statuses.includes(429));
  });

  it('are served at an address of their own with health, and nothing else is', async () => {
    const { server } = await open({ metrics: { host: '127.0.0.1', port: 0 }, scopes: ['read', 'write'] });
    const url = server.metricsUrl as string;
    assert.equal((await get(server, { host: 'evil.example' }, url)).status, 403);
    assert.notEqual(new URL(url).port, new URL(server.url).port);
    assert.equal(parseExposition(await (await fetch(url)).text()).length, METRICS.length);
    const status = async (path: string, init?: RequestInit) => (await fetch(new URL(path, url), init)).status;
    assert.deepEqual([await status('/livez'), await status('/readyz')], [200, 200]);
    assert.deepEqual(
      [await status('/openrpc.json'), await status('/ui'), await status('/metrics/..')],
      [404, 404, 404],
    );
    assert.equal(
      await status('/', { method: 'POST', body: '{"jsonrpc":"2.0","id":1,"method":"net_version"}' }),
      404,
    );
    assert.equal(await status('/metrics', { method: 'POST' }), 404);
    await server.close();
    await assert.rejects(fetch(url));
  });

  it('refuse an address that is taken, and leave nothing open', async () => {
    const { server } = await open();
    const { port } = new URL(server.url);
    await assert.rejects(open({ metrics: { host: '127.0.0.1', port: Number(port) } }), {
      code: 'EADDRINUSE',
    });
  });

  it('escape what an operator may have called the node', () => {
    const metric: Metric = {
      name: 'metanode_test_info',
      kind: 'gauge',
      help: 'a \\ and\na line',
      labels: ['name'],
      read: () => [{ labels: { name: 'a "b" \\ c\nd' }, value: Number.POSITIVE_INFINITY }],
    };
    const text = exposition([metric], {} as MetricSources);
    assert.equal(
      text,
      '# HELP metanode_test_info a \\\\ and\\na line\n# TYPE metanode_test_info gauge\n' +
        'metanode_test_info{name="a \\"b\\" \\\\ c\\nd"} +Inf\n',
    );
    assert.deepEqual(parseExposition(text)[0]?.samples, [
      { labels: { name: 'a "b" \\ c\nd' }, value: Number.POSITIVE_INFINITY },
    ]);
  });
});
