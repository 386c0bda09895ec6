import type { LengthPrefixedDecoderInit } from '@libp2p/utils';

type PrefixedBytes = Parameters<NonNullable<LengthPrefixedDecoderInit['lengthDecoder']>>[0];

/** The bytes behind their length as an unsigned LEB128 varint, as `lpStream` and `LengthPrefixedDecoder` read them. */
export function prefixLength(bytes: Uint8Array): Uint8Array {
  const prefix: number[] = [];
  let rest = bytes.length;
  while (rest >= 0x80) {
    prefix.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  prefix.push(rest);
  const out = new Uint8Array(prefix.length + bytes.length);
  out.set(prefix);
  out.set(bytes, prefix.length);
  return out;
}

/** Says that more bytes must come; made once, because it is thrown after every frame. */
const INCOMPLETE = new RangeError('the length is not complete');
/** A varint of more bytes is no length that anyone here would send. */
const MAX_PREFIX_BYTES = 4;

/**
 * The length at the beginning of `bytes`.
 * @throws RangeError while it is incomplete, as `LengthPrefixedDecoder` expects; Error if it is none
 */
export function readPrefix(bytes: PrefixedBytes): number {
  let length = 0;
  for (let i = 0; i < MAX_PREFIX_BYTES; i++) {
    if (i >= bytes.byteLength) throw INCOMPLETE;
    const byte = bytes instanceof Uint8Array ? (bytes[i] as number) : bytes.get(i);
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) {
      if (byte === 0 && i > 0) throw new Error('the length has more bytes than it needs');
      return length;
    }
  }
  throw new Error('the length is too long');
}
