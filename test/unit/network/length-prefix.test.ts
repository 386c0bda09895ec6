import assert from 'node:assert/strict';
import fc from 'fast-check';
import { prefixLength, readPrefix } from '../../../src/network/length-prefix.ts';

const prefixOf = (length: number) => {
  const bytes = prefixLength(new Uint8Array(length));
  return bytes.subarray(0, bytes.length - length);
};

describe('A length in front of a frame', () => {
  it('reads back as it was written, whatever follows', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 22 }), fc.uint8Array({ maxLength: 4 }), (length, rest) => {
        assert.equal(readPrefix(Uint8Array.of(...prefixOf(length), ...rest)), length);
      }),
    );
  });

  it('is waited for while its last byte is missing (RangeError)', () => {
    for (const length of [0, 127, 128, 16_383, 16_384, 2 ** 21]) {
      const prefix = prefixOf(length);
      for (let size = 0; size < prefix.length; size++)
        assert.throws(() => readPrefix(prefix.subarray(0, size)), RangeError);
    }
  });

  it('is refused for good when it is longer than any frame or than it needs to be', () => {
    const refused = (...bytes: number[]) =>
      assert.throws(
        () => readPrefix(Uint8Array.from(bytes)),
        (error) => !(error instanceof RangeError),
      );
    refused(0x80, 0x80, 0x80, 0x80);
    refused(0xff, 0xff, 0xff, 0xff, 0x01);
    refused(0x80, 0x00);
  });
});
