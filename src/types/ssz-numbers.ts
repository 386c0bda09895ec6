import { type Type, UintBigintType, UintNumberType } from '@chainsafe/ssz';
import { type ByteViews, mapped } from './ssz-mapping.ts';

function integerFromJson(json: unknown, max: number): number {
  const value = typeof json === 'string' && /^(0|[1-9]\d*)$/.test(json) ? Number(json) : json;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max)
    throw new RangeError(`expected an integer from 0 to ${max}`);
  return value;
}

function assertInteger(value: number, max: number): number {
  if (!Number.isSafeInteger(value) || value < 0 || value > max)
    throw new RangeError(`expected an integer from 0 to ${max}, got ${value}`);
  return value;
}

function smallUint(byteLength: 1 | 2 | 4): Type<number> {
  const max = 2 ** (8 * byteLength) - 1;
  return mapped<number, number>(new UintNumberType(byteLength), {
    decode: (value) => value,
    encode: (value) => assertInteger(value, max),
    toJson: (value) => value,
    fromJson: (json) => integerFromJson(json, max),
  });
}

const MAX_U64 = 2n ** 64n - 1n;

/** u128 whose upper half is zero, as in nearly all amounts, without arithmetic of more than 64 bits. */
class AmountType extends UintBigintType {
  constructor() {
    super(16);
  }

  override value_serializeToBytes(output: ByteViews, offset: number, value: bigint): number {
    if (value > MAX_U64) return super.value_serializeToBytes(output, offset, value);
    output.dataView.setBigUint64(offset, value, true);
    output.dataView.setUint32(offset + 8, 0);
    output.dataView.setUint32(offset + 12, 0);
    return offset + 16;
  }

  override value_deserializeFromBytes(data: ByteViews, start: number, end: number): bigint {
    const isLong = end - start !== 16 || data.dataView.getUint32(start + 8) !== 0;
    if (isLong || data.dataView.getUint32(start + 12) !== 0)
      return super.value_deserializeFromBytes(data, start, end);
    return data.dataView.getBigUint64(start, true);
  }
}

function bigUint(inner: UintBigintType): Type<bigint> {
  const max = 2n ** BigInt(8 * inner.byteLength) - 1n;
  const inRange = (value: bigint) => {
    if (typeof value !== 'bigint' || value < 0n || value > max)
      throw new RangeError(`expected an integer from 0 to ${max}`);
    return value;
  };
  return mapped<bigint, bigint>(inner, {
    decode: (value) => value,
    encode: inRange,
    toJson: (value) => value.toString(),
    fromJson: (json) => {
      if (typeof json === 'number' && Number.isSafeInteger(json)) return inRange(BigInt(json));
      if (typeof json === 'string' && /^(0|[1-9]\d{0,38})$/.test(json)) return inRange(BigInt(json));
      throw new RangeError('expected a decimal integer');
    },
  });
}

export const U8 = smallUint(1);
export const U16 = smallUint(2);
export const U32 = smallUint(4);
/** Nonces and other unbounded counters. */
export const U64 = bigUint(new UintBigintType(8));
/** Amounts in micro-units (1e-6 of a coin). */
export const U128 = bigUint(new AmountType());

const U32_RANGE = 2 ** 32;

/** A u64 that is a safe integer: heights, milliseconds since the epoch, gas. More than 2^53 − 1 is refused. */
export const SafeU64: Type<number> = Object.assign(
  mapped<bigint, number>(new UintBigintType(8), {
    decode: Number,
    encode: (value) => BigInt(assertInteger(value, Number.MAX_SAFE_INTEGER)),
    toJson: (value) => value,
    fromJson: (json) => integerFromJson(json, Number.MAX_SAFE_INTEGER),
  }),
  {
    value_serializeToBytes: ({ dataView }: ByteViews, offset: number, value: number): number => {
      assertInteger(value, Number.MAX_SAFE_INTEGER);
      dataView.setUint32(offset, value % U32_RANGE, true);
      dataView.setUint32(offset + 4, Math.floor(value / U32_RANGE), true);
      return offset + 8;
    },
    value_deserializeFromBytes: ({ dataView }: ByteViews, start: number, end: number): number => {
      if (end - start !== 8) throw new RangeError('a u64 has 8 bytes');
      const value = dataView.getUint32(start, true) + U32_RANGE * dataView.getUint32(start + 4, true);
      // A sum that was rounded is above it too.
      if (value > Number.MAX_SAFE_INTEGER) throw new RangeError('u64 above 2^53 - 1');
      return value;
    },
  },
);
export const Height = SafeU64;

export const Bool: Type<boolean> = mapped<number, boolean>(new UintNumberType(1), {
  decode: (value) => {
    if (value > 1) throw new RangeError('a boolean is 0 or 1');
    return value === 1;
  },
  encode: (value) => (value ? 1 : 0),
  toJson: (value) => value,
  fromJson: (json) => {
    if (typeof json !== 'boolean') throw new RangeError('expected true or false');
    return json;
  },
});

/** A name out of a fixed list, as its index in one byte. */
export function NameOf<const Names extends readonly string[]>(names: Names): Type<Names[number]> {
  const indexOf = (name: unknown) => {
    const index = typeof name === 'string' ? names.indexOf(name) : -1;
    if (index < 0) throw new RangeError(`expected one of ${names.join(', ')}`);
    return index;
  };
  return mapped<number, Names[number]>(new UintNumberType(1), {
    decode: (index) => {
      const name = names[index];
      if (name === undefined) throw new RangeError(`no name at index ${index}`);
      return name;
    },
    encode: indexOf,
    toJson: (name) => name,
    fromJson: (json) => names[indexOf(json)] as Names[number],
  });
}
