import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Dispatcher, type DispatcherOptions } from '../../../src/rpc/dispatcher.ts';
import { createHandlers } from '../../../src/rpc/handlers.ts';
import type { Scope } from '../../../src/rpc/schema/method.ts';
import { METHODS } from '../../../src/rpc/schema/methods.ts';
import { closestName } from '../../../src/util/closest-name.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { silentLogger } from '../../../src/util/logger.ts';
import { RpcNode } from '../../support/rpc-ports.ts';

interface Answer {
  id: unknown;
  result?: unknown;
  error?: {
    code: number;
    message: string;
    data: { reason: string; hint: string | null; details: Record<string, unknown> };
  };
}

function open(
  options: Partial<DispatcherOptions> = {},
  scopes: readonly Scope[] = ['read', 'write', 'debug'],
) {
  const node = new RpcNode();
  const dispatcher = new Dispatcher({
    handlers: createHandlers(node.ports()),
    logger: silentLogger,
    ...options,
  });
  const context = {
    session: { scopes: new Set(scopes), subscriptions: undefined },
    signal: new AbortController().signal,
  };
  const text = (body: string) => dispatcher.handleText(body, context);
  const send = async (body: unknown) => JSON.parse((await text(JSON.stringify(body))) ?? 'null');
  const call = (method: unknown, params?: unknown): Promise<Answer> =>
    send({ jsonrpc: '2.0', id: 1, method, params });
  const reason = async (method: unknown, params?: unknown) => (await call(method, params)).error?.data.reason;
  return { node, text, send, call, reason };
}

describe('the RPC dispatcher', () => {
  it('answers a call with its id, which may be a number, text or null', async () => {
    const { send } = open();
    for (const id of [7, 'seven', null]) {
      const answer = await send({ jsonrpc: '2.0', id, method: 'net_version' });
      assert.deepEqual(answer, { jsonrpc: '2.0', id, result: '77' });
    }
  });

  it('takes parameters by name and by position', async () => {
    const { node, call } = open();
    node.commit();
    const byName = await call('chain_getBlockHash', { height: 1 });
    assert.deepEqual(await call('chain_getBlockHash', [1]), byName);
    assert.equal((await call('chain_getBlockHash', [1, 2])).error?.data.reason, 'INVALID_PARAMS');
  });

  it('carries out a notification without an answer', async () => {
    const { node, text } = open();
    const transaction = Buffer.from(node.chain.nextTransaction().bytes).toString('hex');
    const body = { jsonrpc: '2.0', method: 'tx_send', params: [`0x${transaction}`] };
    assert.equal(await text(JSON.stringify(body)), undefined);
    assert.equal(node.pool.size, 1);
    assert.equal(await text(JSON.stringify([body, body])), undefined);
  });

  it('answers a batch in order, with an error for each bad call and nothing for a notification', async () => {
    const { send } = open();
    const answers = await send([
      { jsonrpc: '2.0', id: 1, method: 'net_version' },
      { jsonrpc: '2.0', method: 'net_version' },
      5,
      { jsonrpc: '2.0', id: 2, method: 'net_versio' },
    ]);
    assert.deepEqual(
      answers.map(({ id, result, error }: Answer) => [id, result ?? error?.data.reason]),
      [
        [1, '77'],
        [null, 'INVALID_REQUEST'],
        [2, 'METHOD_NOT_FOUND'],
      ],
    );
  });

  it('refuses an empty batch and one that is too large', async () => {
    const { send } = open();
    assert.equal((await send([])).error.code, -32600);
    const calls = Array.from({ length: LIMITS.maxRpcBatch + 1 }, (_, id) => ({
      jsonrpc: '2.0',
      id,
      method: 'net_version',
    }));
    assert.equal((await send(calls)).error.data.reason, 'BATCH_TOO_LARGE');
    assert.equal((await send(calls.slice(1))).length, LIMITS.maxRpcBatch);
  });

  it('names the method that was probably meant', async () => {
    const { call } = open();
    const { error } = await call('chain_getblok');
    assert.equal(error?.code, -32601);
    assert.equal(error?.data.hint, 'did you mean chain_getBlock?');
    assert.equal((await call('wholly_different')).error?.data.hint, 'rpc_modules lists all methods');
    assert.equal((await call('x'.repeat(100_000))).error?.data.reason, 'METHOD_NOT_FOUND');
    assert.equal(closestName('TX_SEND', ['tx_send', 'tx_get']), 'tx_send');
  });

  it('does not mistake properties of every object for methods', async () => {
    const { reason } = open();
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty'])
      assert.equal(await reason(name), 'METHOD_NOT_FOUND');
  });

  it('names the path of a bad parameter', async () => {
    const { call } = open();
    const cases: [string, unknown, string][] = [
      ['chain_getBlock', { height: -1 }, 'params.height'],
      ['chain_getBlock', { height: 1.5 }, 'params.height'],
      ['tx_status', { txId: '0xAB' }, 'params.txId'],
      ['tx_status', {}, 'params.txId'],
      ['tx_getNonce', { address: 'meta1qqqq', ledger: 'economy' }, 'params.address'],
      ['tx_sendMany', { transactions: ['0x00', 'zz'] }, 'params.transactions.1'],
      ['chain_getReceipts', { limit: 501 }, 'params.limit'],
      ['chain_getReceipts', { limit: 0 }, 'params.limit'],
    ];
    for (const [method, params, path] of cases) {
      const { error } = await call(method, params);
      assert.equal(error?.code, -32602, method);
      assert.equal(error?.data.details.path, path);
    }
    assert.equal((await call('net_version', { extra: 1 })).error?.data.reason, 'INVALID_PARAMS');
  });

  it('refuses what needs a scope that the caller does not hold', async () => {
    const { call } = open({}, ['read']);
    const { error } = await call('gossip_mesh');
    assert.equal(error?.code, -32040);
    assert.deepEqual(
      [error?.data.reason, error?.data.details],
      ['SCOPE_MISSING', { needed: 'debug', held: ['read'] }],
    );
    assert.equal((await call('tx_send', ['0x00'])).error?.data.reason, 'SCOPE_MISSING');
    assert.equal((await call('net_version')).result, '77');
  });

  it('hides what nobody raised on purpose, and stays up', async () => {
    const node = new RpcNode();
    const ports = node.ports();
    const broken = {
      ...ports,
      chain: {
        ...ports.chain,
        stateRoots: () => {
          throw new Error('secret path');
        },
      },
    };
    const { call } = open({ handlers: createHandlers(broken) });
    const { error } = await call('state_getRoot');
    assert.deepEqual(
      [error?.code, error?.data.reason, error?.message],
      [-32603, 'INTERNAL_ERROR', 'internal error'],
    );
    assert.equal((await call('net_version')).result, '77');
  });

  it('refuses more calls at once than its bound, and waits have a bound of their own', async () => {
    const { node, call } = open({ maxConcurrency: 1, maxWaits: 1 });
    const transaction = `0x${Buffer.from(node.chain.nextTransaction().bytes).toString('hex')}`;
    const waiting = call('tx_sendAndWait', { transaction });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal((await call('tx_sendAndWait', { transaction })).error?.data.reason, 'RATE_LIMITED');
    assert.equal((await call('net_version')).result, '77');
    node.commit();
    assert.ok((await waiting).result);
    assert.ok(
      (await call('tx_sendAndWait', { transaction })).result,
      'the place of an ended wait is free again',
    );
    const answers = await Promise.all([call('chain_searchReceipts'), call('net_version')]);
    assert.deepEqual(
      answers.map(({ error }) => error?.data.reason),
      [undefined, 'RATE_LIMITED'],
    );
  });

  it('answers RESPONSE_TOO_LARGE instead of a huge text, also within a batch', async () => {
    const { send, call } = open({ maxResponseBytes: 2000 });
    assert.equal((await call('rpc_modules')).error?.data.reason, 'RESPONSE_TOO_LARGE');
    const small = { jsonrpc: '2.0', id: 1, method: 'net_identity' };
    const answers: Answer[] = await send(Array.from({ length: 50 }, () => small));
    assert.equal(answers.length, 50);
    assert.ok(answers[0]?.result);
    assert.equal(answers.at(-1)?.error?.data.reason, 'RESPONSE_TOO_LARGE');
  });

  it('refuses JSON that nests too deep before anything reads it', async () => {
    const { text } = open();
    const deep = '['.repeat(1_000_000);
    assert.equal(JSON.parse((await text(deep)) as string).error.code, -32700);
    const balanced = `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`;
    assert.equal(JSON.parse((await text(balanced)) as string).error.code, -32700);
    const inText = JSON.stringify({ jsonrpc: '2.0', id: 1, method: '[[[['.repeat(100) });
    assert.equal(JSON.parse((await text(inText)) as string).error.data.reason, 'METHOD_NOT_FOUND');
  });

  it('answers any text with JSON-RPC', async () => {
    const { text } = open();
    const check = async (body: string) => {
      const answer = await text(body);
      if (answer !== undefined)
        for (const one of [JSON.parse(answer)].flat()) assert.equal(one.jsonrpc, '2.0');
    };
    await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary' }), check), { numRuns: 300 });
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), (value) => check(JSON.stringify(value))),
      { numRuns: 300 },
    );
    const names = Object.keys(METHODS).filter((name) => name !== 'tx_sendAndWait');
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), fc.jsonValue(), async (method, params) => {
        const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
        const { error } = JSON.parse((await text(body)) as string);
        assert.notEqual(error?.data.reason, 'INTERNAL_ERROR', body);
      }),
      { numRuns: 600 },
    );
  });

  it('is not poisoned by keys that name prototypes', async () => {
    const { text, call } = open();
    const body = '{"jsonrpc":"2.0","id":1,"method":"net_version","params":{"__proto__":{"polluted":1}}}';
    assert.equal(JSON.parse((await text(body)) as string).error.data.reason, 'INVALID_PARAMS');
    assert.equal(({} as { polluted?: number }).polluted, undefined);
    assert.equal((await call('net_version')).result, '77');
  });
});
