import assert from 'node:assert/strict';
import { bech32, bech32m } from '@scure/base';
import fc from 'fast-check';
import { addressFromText, addressOf, addressToText } from '../../../src/types/address.ts';
import { fromHex, toHex } from '../../../src/util/bytes.ts';

const ADDRESS = '0123456789abcdef'.repeat(4);
const TEXT = addressToText(ADDRESS);
const CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';

const refused = { code: 'MALFORMED_ADDRESS' };

describe('addresses', () => {
  it('come back from their text form', () => {
    assert.match(TEXT, /^meta1/);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const address = toHex(bytes);
        assert.equal(addressFromText(addressToText(address)), address);
      }),
    );
  });

  it('depend on the scheme and on every byte of the key', () => {
    const key = new Uint8Array(32).fill(1);
    const addresses = [
      addressOf(1, key),
      addressOf(2, key),
      addressOf(1, key.with(31, 2)),
      addressOf(1, key.slice(1)),
    ];
    assert.equal(new Set(addresses).size, addresses.length);
    for (const address of addresses) assert.match(address, /^[0-9a-f]{64}$/);
  });

  it('are refused with any one character replaced', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: TEXT.length - 1 }),
        fc.constantFrom(...CHARSET),
        (index, character) => {
          fc.pre(TEXT[index] !== character);
          assert.throws(
            () => addressFromText(TEXT.slice(0, index) + character + TEXT.slice(index + 1)),
            refused,
          );
        },
      ),
    );
  });

  it('are refused with capitals, another prefix, another length or the older checksum', () => {
    const words = bech32m.toWords(fromHex(ADDRESS));
    const malformed = [
      '',
      'meta1',
      ADDRESS,
      TEXT.toUpperCase(),
      TEXT.replace('meta', 'META'),
      ` ${TEXT}`,
      bech32m.encode('beta', words),
      bech32.encode('meta', words),
      bech32m.encode('meta', bech32m.toWords(fromHex(ADDRESS).slice(1))),
      bech32m.encode('meta', bech32m.toWords(new Uint8Array(33))),
      'x'.repeat(10_000),
    ];
    for (const text of malformed) assert.throws(() => addressFromText(text), refused, text);
    fc.assert(fc.property(fc.string(), (text) => assert.throws(() => addressFromText(text), refused)));
  });
});
