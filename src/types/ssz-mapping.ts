import type { ByteListType, ByteVectorType, CompositeType, Type } from '@chainsafe/ssz';

/**
 * The building blocks of every schema. Each is an SSZ type of `@chainsafe/ssz` with its own in-memory value and JSON
 * form: small integers are numbers, amounts and nonces are bigint (JSON: decimal text), hashes and keys are lowercase
 * hex (JSON: 0x…), addresses are hex (JSON: bech32m), names are string literals. Only the value side of the SSZ types
 * is used, never their trees: ids are sha256 over bytes.
 */

/** What SSZ types write to and read from. */
export interface ByteViews {
  readonly uint8Array: Uint8Array;
  readonly dataView: DataView;
}

export interface Mapping<Inner, Outer> {
  /** Must throw for an inner value that has no outer one, so that decoding stays canonical. */
  decode(inner: Inner): Outer;
  /** Must throw for a value out of range, so that nothing is encoded that decodes to something else. */
  encode(outer: Outer): Inner;
  toJson(outer: Outer): unknown;
  fromJson(json: unknown): Outer;
}

/** An SSZ type with the bytes of `inner` and other values in memory. */
export function mapped<Inner, Outer>(inner: Type<Inner>, mapping: Mapping<Inner, Outer>): Type<Outer> {
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
export type Composite<Value> = CompositeType<Value, Value, Value>;
export function mappedBytes<Outer>(
  inner: ByteVectorType | ByteListType,
  mapping: Mapping<Uint8Array, Outer>,
): Composite<Outer> {
  return mapped<Uint8Array, Outer>(inner, mapping) as Composite<Outer>;
}
