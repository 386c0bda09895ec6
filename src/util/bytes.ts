/**
 * Byte helpers that run in Node and in a browser alike. In memory a hash, a key or an address is lowercase hex
 * without a prefix: it compares with `===` and keys a Map.
 */

const HEX_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const LOWERCASE_HEX = /^[0-9a-f]*$/;

/** In Node the native conversion is several times faster than any loop; a browser has none. */
const hasBuffer = typeof Buffer !== 'undefined';

export function toHex(bytes: Uint8Array): string {
  if (hasBuffer) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
  let hex = '';
  for (const byte of bytes) hex += HEX_OF_BYTE[byte];
  return hex;
}

export function isHex(text: string, byteLength?: number): boolean {
  if (text.length % 2 !== 0) return false;
  if (byteLength !== undefined && text.length !== byteLength * 2) return false;
  return LOWERCASE_HEX.test(text);
}

/** Bytes of lowercase hex. Throws a RangeError for anything else. */
export function fromHex(hex: string): Uint8Array {
  if (!isHex(hex)) throw new RangeError(`not lowercase hex: ${hex.slice(0, 80)}`);
  const bytes = new Uint8Array(hex.length >> 1);
  if (hasBuffer) Buffer.from(bytes.buffer).write(hex, 'hex');
  else for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

const encoder = new TextEncoder();

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The same memory as a plain array. Of a `Buffer`, as libraries hand it out, copies would be Buffers, and slices none. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/** Lexicographic order; for lowercase hex of equal length `<` on the strings gives the same. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return compareBytes(a, b) === 0;
}
