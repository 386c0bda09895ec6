import assert from 'node:assert/strict';
import type { Type } from '@chainsafe/ssz';
import { ContainerType, ListCompositeType } from '@chainsafe/ssz';
import fc from 'fast-check';
import { decode, encode, fromJson } from '../../../src/types/ssz.ts';
import { AddressType, Bytes, Hash32, Salt16, Signature64, Text } from '../../../src/types/ssz-bytes.ts';
import { Bool, NameOf, SafeU64, U8, U16, U32, U64, U128 } from '../../../src/types/ssz-numbers.ts';
import { fromHex, toHex } from '../../../src/util/bytes.ts';

const MAX_SAFE = Number.MAX_SAFE_INTEGER;
const COLOURS = NameOf(['red', 'green', 'blue']);

function roundTrip<T>(type: Type<T>, value: T, bytes: string, json: unknown): void {
  assert.equal(toHex(encode(type, value)), bytes);
  assert.deepEqual(decode(type, fromHex(bytes), 'value'), value);
  assert.deepEqual(type.toJson(value), json);
  assert.deepEqual(fromJson(type, json, 'value'), value);
}

function refusesBytes<T>(type: Type<T>, bytes: string): void {
  assert.throws(() => decode(type, fromHex(bytes), 'value'), { code: 'MALFORMED_BYTES' }, bytes);
}

function refusesJson<T>(type: Type<T>, values: readonly unknown[]): void {
  for (const value of values)
    assert.throws(() => fromJson(type, value, 'value'), { code: 'MALFORMED_JSON' }, String(value));
}

describe('building blocks of the wire types', () => {
  it('hold small integers up to their last value', () => {
    roundTrip(U8, 255, 'ff', 255);
    roundTrip(U16, 65_535, 'ffff', 65_535);
    roundTrip(U32, 4_294_967_295, 'ffffffff', 4_294_967_295);
    roundTrip(U32, 1, '01000000', 1);
    for (const value of [256, -1, 1.5, Number.NaN])
      assert.throws(() => encode(U8, value), RangeError, String(value));
    assert.throws(() => encode(U32, 2 ** 32), RangeError);
    refusesJson(U16, [65_536, -1, 1.5, '01', '1e3', '', null, true, {}, '0x10', ' 1']);
  });

  it('hold bigints up to their last value, as decimal text in JSON', () => {
    roundTrip(U64, 2n ** 64n - 1n, 'ff'.repeat(8), '18446744073709551615');
    roundTrip(U128, 2n ** 128n - 1n, 'ff'.repeat(16), '340282366920938463463374607431768211455');
    roundTrip(U128, 0n, '00'.repeat(16), '0');
    roundTrip(U128, 2n ** 64n - 1n, 'ff'.repeat(8) + '00'.repeat(8), '18446744073709551615');
    roundTrip(U128, 2n ** 64n, `${'00'.repeat(8)}01${'00'.repeat(7)}`, '18446744073709551616');
    roundTrip(U128, 2n ** 96n, `${'00'.repeat(12)}01000000`, '79228162514264337593543950336');
    for (const length of [0, 8, 15, 17]) refusesBytes(U128, 'ff'.repeat(length));
    assert.throws(() => encode(U64, 2n ** 64n), RangeError);
    assert.throws(() => encode(U128, 2n ** 128n), RangeError);
    assert.throws(() => encode(U128, -1n), RangeError);
    assert.throws(() => encode(U128, 1 as unknown as bigint), RangeError);
    refusesJson(U128, [
      '340282366920938463463374607431768211456',
      '-1',
      '01',
      '1.0',
      '',
      1.5,
      2 ** 53,
      -1,
      null,
      '0x1',
    ]);
    assert.equal(fromJson(U128, 7, 'value'), 7n);
  });

  it('U09 hold safe integers up to 2^53 - 1 and refuse 2^53, which a double cannot tell from 2^53 + 1', () => {
    roundTrip(SafeU64, MAX_SAFE, 'ffffffffffff1f00', MAX_SAFE);
    roundTrip(SafeU64, 0, '0000000000000000', 0);
    refusesBytes(SafeU64, '0000000000002000');
    refusesBytes(SafeU64, '0100000000002000');
    refusesBytes(SafeU64, 'ff'.repeat(8));
    assert.throws(() => encode(SafeU64, 2 ** 53), RangeError);
    assert.throws(() => encode(SafeU64, -1), RangeError);
    refusesJson(SafeU64, [2 ** 53, '9007199254740992', -1, 0.5, null]);
  });

  it('hold booleans as exactly 0 or 1', () => {
    roundTrip(Bool, true, '01', true);
    roundTrip(Bool, false, '00', false);
    refusesBytes(Bool, '02');
    refusesJson(Bool, [0, 1, 'true', null]);
  });

  it('hold names as their index and refuse strangers', () => {
    roundTrip(COLOURS, 'blue', '02', 'blue');
    refusesBytes(COLOURS, '03');
    assert.throws(() => encode(COLOURS, 'pink' as 'red'), RangeError);
    refusesJson(COLOURS, ['pink', 0, null, '__proto__', 'toString']);
  });

  it('hold fixed bytes as hex, with 0x in JSON', () => {
    roundTrip(Hash32, 'ab'.repeat(32), 'ab'.repeat(32), `0x${'ab'.repeat(32)}`);
    roundTrip(Salt16, '01'.repeat(16), '01'.repeat(16), `0x${'01'.repeat(16)}`);
    refusesBytes(Hash32, 'ab'.repeat(31));
    refusesBytes(Hash32, 'ab'.repeat(33));
    assert.throws(() => encode(Hash32, 'ab'.repeat(31)), RangeError);
    assert.throws(() => encode(Hash32, 'AB'.repeat(32)), RangeError);
    refusesJson(Hash32, ['ab'.repeat(32), `0x${'ab'.repeat(31)}`, `0x${'zz'.repeat(32)}`, 7, null]);
    assert.equal(fromJson(Hash32, `0x${'AB'.repeat(32)}`, 'value'), 'ab'.repeat(32));
  });

  it('hold addresses with their checksum in JSON', () => {
    const address = 'cd'.repeat(32);
    const text = AddressType.toJson(address);
    roundTrip(AddressType, address, address, text);
    refusesJson(AddressType, [`${text}x`, `0x${address}`, 7, null]);
    assert.throws(() => encode(AddressType, 'cd'.repeat(31)), RangeError);
  });

  it('hold bytes up to their bound', () => {
    const type = Bytes(4);
    assert.deepEqual(
      decode(type, encode(type, Uint8Array.of(1, 2, 3, 4)), 'value'),
      Uint8Array.of(1, 2, 3, 4),
    );
    assert.deepEqual(type.toJson(Uint8Array.of(1)), '0x01');
    assert.throws(() => encode(type, new Uint8Array(5)), RangeError);
    refusesBytes(type, '0102030405');
    refusesJson(type, ['0x0102030405', '01', '0x1', null]);
  });

  it('hold text as canonical UTF-8 up to its bound in bytes', () => {
    const type = Text(6);
    for (const text of ['', 'abcdef', 'äöü', '\ufeffa', '😀'])
      assert.equal(decode(type, encode(type, text), 'value'), text, JSON.stringify(text));
    assert.throws(() => encode(type, 'äöüx'), RangeError);
    assert.throws(() => encode(type, '\ud800'), RangeError);
    refusesBytes(type, 'ff');
    refusesBytes(type, 'c080'); // overlong NUL
    refusesBytes(type, 'eda080'); // a surrogate
    refusesBytes(type, 'f09f98'); // cut short
    refusesJson(type, ['abcdefg', '\ud800', 7, null]);
  });

  it('hold any text of any length as its UTF-8', () => {
    const type = Text(600);
    const ascii = fc.string({ unit: 'binary-ascii', minLength: 100, maxLength: 300 });
    const text = fc.oneof(
      ascii,
      fc.string({ unit: 'binary', maxLength: 140 }),
      fc.tuple(ascii, fc.constant('é')),
    );
    fc.assert(
      fc.property(text, (parts) => {
        const value = typeof parts === 'string' ? parts : parts.join('');
        const bytes = encode(type, value);
        assert.equal(toHex(bytes), Buffer.from(value, 'utf8').toString('hex'));
        assert.equal(decode(type, bytes, 'value'), value);
      }),
    );
  });

  it('decode bytes only if encoding gives the same bytes, whatever the bytes', () => {
    const types: readonly Type<unknown>[] = [
      U8 as Type<unknown>,
      SafeU64 as Type<unknown>,
      U128 as Type<unknown>,
      Bool as Type<unknown>,
      COLOURS as Type<unknown>,
      Hash32 as Type<unknown>,
      Bytes(8) as Type<unknown>,
      Text(8) as Type<unknown>,
      new ContainerType({ a: SafeU64, b: Bytes(4), c: Bool, d: Text(4) }) as Type<unknown>,
      new ListCompositeType(Bytes(3), 4) as Type<unknown>,
      new ListCompositeType(new ContainerType({ a: U16, b: Bytes(2) }), 3) as Type<unknown>,
    ];
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 40 }), (type, bytes) => {
        let value: unknown;
        try {
          value = decode(type, bytes, 'value');
        } catch (error) {
          assert.equal((error as { code: string }).code, 'MALFORMED_BYTES');
          return;
        }
        assert.equal(toHex(encode(type, value)), toHex(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it('refuse a trailing byte after every fixed size', () => {
    for (const type of [
      U8,
      U16,
      U32,
      U64,
      U128,
      SafeU64,
      Bool,
      Hash32,
      Signature64,
    ] as readonly Type<unknown>[])
      refusesBytes(type, '00'.repeat((type.fixedSize as number) + 1));
  });

  it('are encoded and decoded inside one another without mixing their bytes', () => {
    const Inner = new ContainerType({ number: U32, text: Text(100) });
    const Outer = new ContainerType({ first: U32, second: Bytes(100), third: U32 });
    const inner = { number: 7, text: 'seven' };
    const outer = {
      first: 1,
      get second() {
        return encode(Inner, inner);
      },
      third: 3,
    };
    const bytes = encode(Outer, outer);
    assert.deepEqual(decode(Outer, bytes, 'outer'), { first: 1, second: encode(Inner, inner), third: 3 });
    assert.deepEqual(decode(Inner, encode(Inner, inner), 'inner'), inner);
  });

  it('never read what another value left behind', () => {
    const List = new ContainerType({ head: U32, bytes: Bytes(64) });
    decode(List, encode(List, { head: 1, bytes: new Uint8Array(56).fill(8) }), 'list');
    for (let length = 0; length < 8; length++)
      assert.throws(() => decode(List, fromHex('01000000080000'.slice(0, 2 * length)), 'list'), {
        code: 'MALFORMED_BYTES',
      });
    const empty = decode(List, fromHex('0100000008000000'), 'list');
    assert.deepEqual(empty, { head: 1, bytes: new Uint8Array() });
  });

  it('are copies: neither encoding nor decoding lets go of its own memory', () => {
    const Short = Bytes(32);
    const first = encode(Short, Uint8Array.of(1, 2, 3));
    const second = decode(Short, first, 'bytes');
    encode(Short, Uint8Array.of(4, 5, 6));
    assert.deepEqual(first, Uint8Array.of(1, 2, 3));
    decode(Short, Uint8Array.of(7, 8, 9), 'bytes');
    assert.deepEqual(second, Uint8Array.of(1, 2, 3));
    assert.equal(Buffer.isBuffer(first) || Buffer.isBuffer(second), false);
  });
});
