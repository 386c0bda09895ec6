import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  allocateBytes,
  compareBytes,
  concatBytes,
  equalBytes,
  fromHex,
  hexOfRange,
  isHex,
  toHex,
  writeHex,
} from '../../../src/util/bytes.ts';

describe('bytes', () => {
  it('come back from lowercase hex, as Buffer reads it', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        assert.equal(toHex(bytes), Buffer.from(bytes).toString('hex'));
        assert.deepEqual(fromHex(toHex(bytes)), bytes);
      }),
    );
  });

  it('become hex and come from it inside of others', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(40), (bytes, start) => {
        const around = new Uint8Array(bytes.length + 80);
        writeHex(toHex(bytes), around, start);
        assert.equal(hexOfRange(around, start, start + bytes.length), toHex(bytes));
        assert.equal(toHex(around.subarray(start, start + bytes.length)), toHex(bytes));
      }),
    );
  });

  it('are refused as hex with capitals, odd length or strange characters', () => {
    for (const text of ['0', 'AB', '0x00', 'g0', '0 ', 'ab\n', '０0']) {
      assert.equal(isHex(text), false, JSON.stringify(text));
      assert.throws(() => fromHex(text), RangeError, JSON.stringify(text));
    }
    assert.equal(isHex('abcd', 2), true);
    assert.equal(isHex('abcd', 3), false);
  });

  it('compare like the hex that stands for them, and like Buffer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), (a, b) => {
        assert.equal(Math.sign(compareBytes(a, b)), Buffer.compare(a, b));
        assert.equal(equalBytes(a, b), toHex(a) === toHex(b));
      }),
    );
  });

  it('join in order', () => {
    assert.deepEqual(concatBytes(), new Uint8Array());
    assert.deepEqual(
      concatBytes(Uint8Array.of(1), new Uint8Array(), Uint8Array.of(2, 3)),
      Uint8Array.of(1, 2, 3),
    );
  });

  it('are allocated as zeroes that nobody else has', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_500), { minLength: 1, maxLength: 60 }), (lengths) => {
        const arrays = lengths.map((length) => allocateBytes(length));
        for (const [index, array] of arrays.entries()) {
          assert.equal(array.length, lengths[index]);
          assert.ok(array.every((byte) => byte === 0));
          array.fill(index + 1);
        }
        for (const [index, array] of arrays.entries()) assert.ok(array.every((byte) => byte === index + 1));
      }),
    );
  });
});
