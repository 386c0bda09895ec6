import { addressToText } from '../types/address.ts';
import { toHex } from '../util/bytes.ts';

/** The text forms of what stands in every answer. */

/** 0x… of a hash, key or signature in memory form. */
export function hash0x(hex: string): string {
  return `0x${hex}`;
}

export function bytes0x(bytes: Uint8Array): string {
  return `0x${toHex(bytes)}`;
}

/** meta1… of an address in memory form. */
export function addressText(address: string): string {
  return addressToText(address);
}

/** The latest instant that a Date can hold; a transaction may name a later one. */
const MAX_DATE_MS = 8.64e15;

/** RFC 3339 of milliseconds since the epoch. */
export function rfc3339(ms: number): string {
  return new Date(Math.min(ms, MAX_DATE_MS)).toISOString();
}
