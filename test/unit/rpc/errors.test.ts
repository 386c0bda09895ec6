import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CATALOGUE, errorObject } from '../../../src/rpc/errors.ts';
import { JSON_RPC_CODES } from '../../../src/rpc/schema/error-codes.ts';
import { NodeError } from '../../../src/util/errors.ts';

const SOURCE = join(import.meta.dirname, '../../../src');

/** The codes that the files of a folder raise: `new NodeError…('CODE'` and helpers that take the code first. */
function raisedIn(folder: string): string[] {
  const codes = new Set<string>();
  for (const file of readdirSync(join(SOURCE, folder), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const text = readFileSync(join(SOURCE, folder, file), 'utf8');
    for (const match of text.matchAll(
      /(?:new NodeError(?:<[^>]*>)?|rpcError|refuse|refusal)\(\s*'([A-Z][A-Z_0-9]+)'/g,
    ))
      codes.add(match[1] as string);
  }
  return [...codes];
}

describe('the error catalogue of the RPC', () => {
  for (const folder of ['rpc', 'mempool'])
    it(`has a class for every reason that src/${folder} raises`, () => {
      const missing = raisedIn(folder).filter((code) => !Object.hasOwn(ERROR_CATALOGUE, code));
      assert.deepEqual(missing, []);
    });

  it('finds the reasons that it looks for', () => {
    assert.ok(raisedIn('rpc').length > 15);
    assert.ok(raisedIn('mempool').includes('POOL_FULL'));
  });

  it('makes a NodeError an error object with reason, hint and readable details', () => {
    const error = new NodeError('NONCE_TOO_LOW', 'nonce 3 is used', {
      data: {
        sender: '00'.repeat(32),
        txId: '11'.repeat(32),
        expected: 2n ** 60n,
        list: [1n],
        missing: undefined,
      },
      hint: 'use 4',
    });
    const { code, message, data } = errorObject(error);
    assert.deepEqual(
      [code, message, data.reason, data.hint],
      [JSON_RPC_CODES.rejected, 'nonce 3 is used', 'NONCE_TOO_LOW', 'use 4'],
    );
    assert.match(String(data.details.sender), /^meta1/);
    assert.equal(data.details.txId, `0x${'11'.repeat(32)}`);
    assert.equal(data.details.expected, String(2n ** 60n));
    assert.deepEqual(data.details.list, ['1']);
    JSON.stringify(data);
  });

  it('keeps the reason of an error that it does not know, as an internal error', () => {
    const { code, data } = errorObject(new NodeError('constructor', 'x'));
    assert.deepEqual([code, data.reason], [JSON_RPC_CODES.internal, 'constructor']);
    assert.equal(errorObject('thrown text').data.reason, 'INTERNAL_ERROR');
  });
});
