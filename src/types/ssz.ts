import type { Type } from '@chainsafe/ssz';
import { allocateBytes, MAX_OBJECT_BYTES } from '../util/bytes.ts';
import { NodeError } from '../util/errors.ts';
import type { ByteViews } from './ssz-mapping.ts';

export type DecodeErrorCode = 'MALFORMED_BYTES' | 'MALFORMED_JSON';

/**
 * Where values are written before they are copied out, and read if they are short: views on a memory of their own would
 * cost more than most values. In use while `isBusy`; then whoever comes gets memory of its own.
 */
const WORKSPACE_BYTES = 16 * 1024;
const workspace = viewsOf(new Uint8Array(WORKSPACE_BYTES));
let isBusy = false;

function viewsOf(uint8Array: Uint8Array): ByteViews {
  const { buffer, byteOffset, byteLength } = uint8Array;
  return { uint8Array, dataView: new DataView(buffer, byteOffset, byteLength) };
}

/** The first bytes of an array. Few are copied one by one: a view on them would cost more than the copy. */
function copyOf(array: Uint8Array, size: number): Uint8Array {
  const copy = allocateBytes(size);
  if (size > MAX_OBJECT_BYTES) copy.set(array.subarray(0, size));
  else for (let i = 0; i < size; i++) copy[i] = array[i] as number;
  return copy;
}

/** SSZ bytes of a value. A value that the schema cannot hold throws. */
export function encode<T>(type: Type<T>, value: T): Uint8Array {
  const size = type.fixedSize ?? type.value_serializedSize(value);
  if (isBusy || size > WORKSPACE_BYTES) return type.serialize(value);
  isBusy = true;
  try {
    const end = type.value_serializeToBytes(workspace, 0, value);
    if (end !== size) throw new RangeError(`${end} bytes where the schema has ${size}`);
    return copyOf(workspace.uint8Array, size);
  } finally {
    isBusy = false;
  }
}

function deserialize<T>(type: Type<T>, bytes: Uint8Array): T {
  if (isBusy || bytes.length > MAX_OBJECT_BYTES) return type.deserialize(bytes);
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
