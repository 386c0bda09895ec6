import {
  ByteListType,
  ByteVectorType,
  type CompositeType,
  type Type,
  UintBigintType,
  UintNumberType,
} from '@chainsafe/ssz';
import { asciiOfRange, fromHex, hexOfRange, isAscii, isHex, toHex, utf8, writeHex } from '../util/bytes.ts';
import { NodeError } from '../util/errors.ts';
import { addressFromText, addressToText } from './address.ts';

/**
 * The building blocks of every schema. Each is an SSZ type of `@chainsafe/ssz` with its own in-memory value and JSON
 * form: small integers are numbers, amounts and nonces are bigint (JSON: decimal text), hashes and keys are lowercase
 * hex (JSON: 0x…), addresses are hex (JSON: bech32m), names are string literals. Only the value side of the SSZ types
 * is used, never their trees: ids are sha256 over bytes.
 */

/** In memory: 64 lowercase hex digits. */
export type Hash = string;
/** In memory: 64 lowercase hex digits; as text `meta1…`. */
export type Address = string;

export type DecodeErrorCode = 'MALFORMED_BYTES' | 'MALFORMED_JSON';

/** What SSZ types write to and read from. */
interface ByteViews {
  readonly uint8Array: Uint8Array;
  readonly dataView: DataView;
}

interface Mapping<Inner, Outer> {
  /** Must throw for an inner value that has no outer one, so that decoding stays canonical. */
  decode(inner: Inner): Outer;
  /** Must throw for a value out of range, so that nothing is encoded that decodes to something else. */
  encode(outer: Outer): Inner;
  toJson(outer: Outer): unknown;
  fromJson(json: unknown): Outer;
}

/** An SSZ type with the bytes of `inner` and other values in memory. */
function mapped<Inner, Outer>(inner: Type<Inner>, mapping: Mapping<Inner, Outer>): Type<Outer> {
  const type = Object.create(inner) as Type<Outer>;
  const overrides: Partial<Type<Outer>> = {
    value_serializedSize: (value) => inner.value_serializedSize(mapping.encode(value)),
    value_serializeToBytes: (output, offset, value) =>
      inner.value_serializeToBytes(output, offset, mapping.encode(value)),
    value_deserializeFromBytes: (data, start, end) =>
      mapping.decode(inner.value_deserializeFromBytes(data, start, end)),
    defaultValue: () => mapping.decode(inner.defaultValue()),
    toJson: (value) => mapping.toJson(value),
    fromJson: (json) => mapping.fromJson(json),
    clone: (value) => value,
    equals: (a, b) => a === b,
  };
  return Object.assign(type, overrides);
}

/** The same for byte arrays, which lists may hold as elements. */
type Composite<Value> = CompositeType<Value, Value, Value>;
function mappedBytes<Outer>(
  inner: ByteVectorType | ByteListType,
  mapping: Mapping<Uint8Array, Outer>,
): Composite<Outer> {
  return mapped<Uint8Array, Outer>(inner, mapping) as Composite<Outer>;
}

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

function hexFromJson(json: unknown): string {
  if (typeof json !== 'string' || !json.startsWith('0x')) throw new RangeError('expected 0x… hex');
  const hex = json.slice(2).toLowerCase();
  if (!isHex(hex)) throw new RangeError('expected 0x… hex');
  return hex;
}

function fixedHex(byteLength: number): Composite<string> {
  const checked = (hex: string) => {
    if (hex.length !== byteLength * 2) throw new RangeError(`expected ${byteLength} bytes of hex`);
    return hex;
  };
  return hexVector(byteLength, {
    toJson: (hex) => `0x${hex}`,
    fromJson: (json) => checked(hexFromJson(json)),
  });
}

/** A byte vector that is lowercase hex in memory, read and written without an array between. */
function hexVector(
  byteLength: number,
  json: Pick<Mapping<Uint8Array, string>, 'toJson' | 'fromJson'>,
): Composite<string> {
  const checked = (hex: string) => {
    if (hex.length !== byteLength * 2) throw new RangeError(`expected ${byteLength} bytes of hex`);
    return hex;
  };
  const type = mappedBytes<string>(new ByteVectorType(byteLength), {
    decode: toHex,
    encode: (hex) => fromHex(checked(hex)),
    ...json,
  });
  return Object.assign(type, {
    value_serializeToBytes: ({ uint8Array }: ByteViews, offset: number, hex: string): number => {
      writeHex(checked(hex), uint8Array, offset);
      return offset + byteLength;
    },
    value_deserializeFromBytes: ({ uint8Array }: ByteViews, start: number, end: number): string => {
      if (end - start !== byteLength) throw new RangeError(`expected ${byteLength} bytes`);
      return hexOfRange(uint8Array, start, end);
    },
  });
}

export const Hash32: Composite<Hash> = fixedHex(32);
/** A 32-byte public key (Ed25519, VRF), as hex. */
export const Key32: Composite<string> = fixedHex(32);
export const Salt16: Composite<string> = fixedHex(16);
export const Signature64: Composite<string> = fixedHex(64);
export const VrfProof80: Composite<string> = fixedHex(80);

export const AddressType: Composite<Address> = hexVector(32, {
  toJson: addressToText,
  fromJson: (json) => {
    if (typeof json !== 'string') throw new RangeError('expected an address meta1…');
    return addressFromText(json);
  },
});

/** Bytes of bounded length. */
export function Bytes(maxBytes: number): Composite<Uint8Array> {
  return mappedBytes<Uint8Array>(new ByteListType(maxBytes), {
    decode: (value) => value,
    encode: (value) => {
      if (value.length > maxBytes) throw new RangeError(`more than ${maxBytes} bytes`);
      return value;
    },
    toJson: (value) => `0x${toHex(value)}`,
    fromJson: (json) => {
      const bytes = fromHex(hexFromJson(json));
      if (bytes.length > maxBytes) throw new RangeError(`more than ${maxBytes} bytes`);
      return bytes;
    },
  });
}

/**
 * UTF-8 text of bounded byte length; bytes that are not the canonical UTF-8 of a text are refused. ASCII, which nearly
 * all of it is, is its own encoding, and needs no call out of the engine.
 */
export function Text(maxBytes: number): Composite<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const encode = (text: string) => {
    const bytes = utf8(text);
    if (bytes.length > maxBytes) throw new RangeError(`text of more than ${maxBytes} bytes`);
    if (decoder.decode(bytes) !== text) throw new RangeError('text with lone surrogates');
    return bytes;
  };
  const isShort = (text: string) => text.length <= maxBytes && isAscii(text);
  const inner = new ByteListType(maxBytes);
  const type = mappedBytes<string>(inner, {
    decode: (bytes) => decoder.decode(bytes),
    encode,
    toJson: (text) => text,
    fromJson: (json) => {
      if (typeof json !== 'string') throw new RangeError('expected text');
      encode(json);
      return json;
    },
  });
  return Object.assign(type, {
    value_serializedSize: (text: string) => (isShort(text) ? text.length : encode(text).length),
    value_serializeToBytes: (output: ByteViews, offset: number, text: string): number => {
      if (!isShort(text)) return inner.value_serializeToBytes(output, offset, encode(text));
      for (let i = 0; i < text.length; i++) output.uint8Array[offset + i] = text.charCodeAt(i);
      return offset + text.length;
    },
    value_deserializeFromBytes: (data: ByteViews, start: number, end: number): string =>
      (end - start <= maxBytes ? asciiOfRange(data.uint8Array, start, end) : undefined) ??
      decoder.decode(inner.value_deserializeFromBytes(data, start, end)),
  });
}

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

/**
 * Where values are written before they are copied out, and read if they are short: views on a memory of their own would
 * cost more than most values. In use while `isBusy`; then whoever comes gets memory of its own.
 */
const WORKSPACE_BYTES = 16 * 1024;
const workspace = viewsOf(new Uint8Array(WORKSPACE_BYTES));
let isBusy = false;
/** Arrays up to this size have no memory of their own in V8 until somebody asks for it. */
const SHORT_BYTES = 64;

function viewsOf(uint8Array: Uint8Array): ByteViews {
  const { buffer, byteOffset, byteLength } = uint8Array;
  return { uint8Array, dataView: new DataView(buffer, byteOffset, byteLength) };
}

/** SSZ bytes of a value. A value that the schema cannot hold throws. */
export function encode<T>(type: Type<T>, value: T): Uint8Array {
  const size = type.fixedSize ?? type.value_serializedSize(value);
  if (isBusy || size > WORKSPACE_BYTES) return type.serialize(value);
  isBusy = true;
  try {
    const end = type.value_serializeToBytes(workspace, 0, value);
    if (end !== size) throw new RangeError(`${end} bytes where the schema has ${size}`);
    return workspace.uint8Array.slice(0, size);
  } finally {
    isBusy = false;
  }
}

function deserialize<T>(type: Type<T>, bytes: Uint8Array): T {
  if (isBusy || bytes.length > SHORT_BYTES) return type.deserialize(bytes);
  isBusy = true;
  try {
    workspace.uint8Array.set(bytes);
    return type.value_deserializeFromBytes(workspace, 0, bytes.length);
  } finally {
    isBusy = false;
  }
}

/**
 * Decodes untrusted bytes; trailing bytes, out-of-range values and wrong offsets are refused.
 * @throws NodeError MALFORMED_BYTES
 */
export function decode<T>(type: Type<T>, bytes: Uint8Array, what: string): T {
  try {
    return deserialize(type, bytes);
  } catch (cause) {
    throw new NodeError<DecodeErrorCode>(
      'MALFORMED_BYTES',
      `malformed ${what}: ${(cause as Error).message}`,
      {
        data: { what, length: bytes.length },
        hint: `send the SSZ encoding of a ${what}`,
        cause,
      },
    );
  }
}

/** @throws NodeError MALFORMED_JSON */
export function fromJson<T>(type: Type<T>, json: unknown, what: string): T {
  try {
    return type.fromJson(json);
  } catch (cause) {
    throw new NodeError<DecodeErrorCode>('MALFORMED_JSON', `malformed ${what}: ${(cause as Error).message}`, {
      data: { what },
      cause,
    });
  }
}

/**
 * The same for a file whose JSON has exactly one spelling: an extra or missing field, capital letters in hex or text in
 * place of a number are refused, so that no byte of it is without meaning. Order of keys and white space are free.
 * @throws NodeError MALFORMED_JSON
 */
export function fromCanonicalJson<T>(type: Type<T>, json: unknown, what: string, hint: string): T {
  const value = fromJson(type, json, what);
  if (!sameJson(type.toJson(value), json))
    throw new NodeError<DecodeErrorCode>('MALFORMED_JSON', `malformed ${what}: not in the canonical form`, {
      hint,
    });
  return value;
}

/** Equality of JSON values in which only the order of keys and white space are free. */
function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (key) =>
      Object.hasOwn(b, key) &&
      sameJson((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}
