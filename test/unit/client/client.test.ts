import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createClient } from '../../../src/client/client.ts';
import { ClientError } from '../../../src/client/client-error.ts';

/** A client of a server that answers every request with this text. */
const clientOf = (text: string) => createClient('http://node', { fetch: async () => new Response(text) });
const errorOf = async (call: Promise<unknown>): Promise<ClientError> => {
  const error = await call.then(
    () => assert.fail('no error'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ClientError, String(error));
  assert.deepEqual([typeof error.reason, typeof error.data], ['string', 'object']);
  return error;
};

describe('calls of the client', () => {
  it('fail with BAD_ANSWER where what answers is no node', async () => {
    for (const text of ['<html>', '', 'null', '7', '[]', '{}', '{"error":null}'])
      assert.equal((await errorOf(clientOf(text).call('net_version'))).reason, 'BAD_ANSWER', text);
  });

  it('fail with a typed error whatever stands in place of one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.jsonValue(), async (error, data) => {
        fc.pre(error !== null);
        await errorOf(clientOf(JSON.stringify({ error })).call('net_version'));
        await errorOf(clientOf(JSON.stringify({ error: { data } })).call('net_version'));
        await errorOf(
          clientOf(JSON.stringify({ error: { data: { reason: data, hint: data, details: data } } })).call(
            'net_version',
          ),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('keep what the node says of an error', async () => {
    const data = { reason: 'PRUNED', hint: 'ask for a later one', details: { lowest: 7 } };
    const error = await errorOf(
      clientOf(JSON.stringify({ error: { code: -32001, message: 'gone', data } })).call('net_version'),
    );
    assert.deepEqual(
      [error.reason, error.message, error.hint, error.data, error.rpcCode],
      ['PRUNED', 'gone', data.hint, data.details, -32001],
    );
  });

  it('of a batch fail one by one, those without an answer too', async () => {
    const text = JSON.stringify([
      { id: 2, result: 'x' },
      { id: 1, error: { data: { reason: 'PRUNED' } } },
      null,
    ]);
    const call = { method: 'net_version', params: {} } as const;
    const outcomes = await clientOf(text).batch([call, call, call]);
    const reasons = outcomes.map((one) => (one.status === 'rejected' ? one.reason.code : one.value));
    assert.deepEqual(reasons, ['PRUNED', 'x', 'BAD_ANSWER']);
  });
});
