import { ByteListType, ByteVectorType } from '@chainsafe/ssz';
import {
  allocateBytes,
  asciiOfRange,
  fromHex,
  hexOfRange,
  isAscii,
  isHex,
  toHex,
  utf8,
  writeHex,
} from '../util/bytes.ts';
import { addressFromText, addressToText } from './address.ts';
import { type ByteViews, type Composite, type Mapping, mappedBytes } from './ssz-mapping.ts';

/** In memory: 64 lowercase hex digits. */
export type Hash = string;
/** In memory: 64 lowercase hex digits; as text `meta1…`. */
export type Address = string;

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
  const inner = new ByteListType(maxBytes);
  const type = mappedBytes<Uint8Array>(inner, {
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
  return Object.assign(type, {
    value_deserializeFromBytes: (data: ByteViews, start: number, end: number): Uint8Array => {
      if (end - start > maxBytes) return inner.value_deserializeFromBytes(data, start, end);
      const bytes = allocateBytes(end - start);
      bytes.set(data.uint8Array.subarray(start, end));
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
