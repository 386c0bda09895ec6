/**
 * Byte helpers that run in Node and in a browser alike. In memory a hash, a key or an address is lowercase hex
 * without a prefix: it compares with `===` and keys a Map.
 */

const HEX_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const LOWERCASE_HEX = /^[0-9a-f]*$/;

/** Value of each hex digit by its character code; 0xff for all other characters. */
const DIGITS = new Uint8Array(256).fill(0xff);
for (const digit of '0123456789abcdef') DIGITS[digit.charCodeAt(0)] = Number.parseInt(digit, 16);
const NO_DIGIT = 0xff;

/** In Node the native conversion of many bytes is several times faster than any loop; a browser has none. */
const hasBuffer = typeof Buffer !== 'undefined';
/** What is this short is copied here first: to make a Buffer of it costs more than the conversion. */
const SHORT_BYTES = 128;
const short = hasBuffer ? Buffer.alloc(SHORT_BYTES) : undefined;

export function toHex(bytes: Uint8Array): string {
  return hexOfRange(bytes, 0, bytes.length);
}

/** Lowercase hex of the bytes from `start` to `end`. */
export function hexOfRange(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (short !== undefined && length <= SHORT_BYTES) {
    for (let i = 0; i < length; i++) short[i] = bytes[start + i] as number;
    return short.toString('hex', 0, length);
  }
  if (hasBuffer) return Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('hex');
  let hex = '';
  for (let i = start; i < end; i++) hex += HEX_OF_BYTE[bytes[i] as number];
  return hex;
}

/** Whether a text is its own UTF-8, a byte for each character. */
export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** The text of few ASCII bytes; undefined for others and for many, which a decoder reads. */
export function asciiOfRange(bytes: Uint8Array, start: number, end: number): string | undefined {
  const length = end - start;
  if (short === undefined || length > SHORT_BYTES) return undefined;
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + i] as number;
    if (byte > 0x7f) return undefined;
    short[i] = byte;
  }
  return short.toString('latin1', 0, length);
}

export function isHex(text: string, byteLength?: number): boolean {
  if (text.length % 2 !== 0) return false;
  if (byteLength !== undefined && text.length !== byteLength * 2) return false;
  return LOWERCASE_HEX.test(text);
}

/** Writes the bytes of lowercase hex to `target`. Throws a RangeError for anything else. */
export function writeHex(hex: string, target: Uint8Array, offset: number): void {
  if (hex.length % 2 !== 0 || !writeDigits(hex, target, offset))
    throw new RangeError(`not lowercase hex: ${hex.slice(0, 80)}`);
}

/** False if some character is no digit: then the bytes written mean nothing. */
function writeDigits(hex: string, target: Uint8Array, offset: number): boolean {
  let seen = 0;
  for (let i = 0; i < hex.length; i += 2) {
    const high = DIGITS[hex.charCodeAt(i)] ?? NO_DIGIT;
    const low = DIGITS[hex.charCodeAt(i + 1)] ?? NO_DIGIT;
    seen |= high | low;
    target[offset + (i >> 1)] = (high << 4) | low;
  }
  return seen <= 0x0f;
}

/** Bytes of lowercase hex. Throws a RangeError for anything else. */
export function fromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length >> 1);
  writeHex(hex, bytes, 0);
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

/** V8 keeps arrays up to this size among its objects; the memory of larger ones is asked of the system one by one. */
export const MAX_OBJECT_BYTES = 64;
/** Small, because a few bytes that somebody keeps hold all of it. */
const SLAB_BYTES = 4 * 1024;
const MAX_SHARE_BYTES = 1_024;
let slab = new ArrayBuffer(0);
let slabUsed = 0;

/**
 * Zeroes, out of a slab of memory that many small arrays share: to ask the system for each, and to have the collector
 * give it back, takes longer than most of them are used.
 */
export function allocateBytes(length: number): Uint8Array {
  if (length <= MAX_OBJECT_BYTES || length > MAX_SHARE_BYTES) return new Uint8Array(length);
  if (slabUsed + length > slab.byteLength) {
    slab = new ArrayBuffer(SLAB_BYTES);
    slabUsed = 0;
  }
  const bytes = new Uint8Array(slab, slabUsed, length);
  slabUsed += length;
  return bytes;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = allocateBytes(length);
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
