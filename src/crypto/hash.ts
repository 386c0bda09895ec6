import { sha256, sha256Hex } from '#backend';
import { concatBytes, fromHex, utf8 } from '../util/bytes.ts';
import type { HashKind, SignatureTag } from './domain.ts';

export { sha256, sha256Hex };

const prefixes = new Map<string, Uint8Array>();

/** u8 length ‖ ASCII text: self-delimiting, so no domain is a prefix of another. */
function domainPrefix(text: string): Uint8Array {
  let prefix = prefixes.get(text);
  if (prefix === undefined) {
    const ascii = utf8(text);
    prefix = concatBytes(Uint8Array.of(ascii.length), ascii);
    prefixes.set(text, prefix);
  }
  return prefix;
}

/** H(kind, x) = sha256(u8 length ‖ ASCII kind ‖ x), as bytes; x is the concatenation of `parts`. */
export function hashBytesOf(kind: HashKind, ...parts: readonly Uint8Array[]): Uint8Array {
  return sha256(concatBytes(domainPrefix(kind), ...parts));
}

/** H(kind, x) as lowercase hex, the in-memory form of every hash. */
export function hashOf(kind: HashKind, bytes: Uint8Array): string {
  return sha256Hex(concatBytes(domainPrefix(kind), bytes));
}

/** What a signature covers: u8 length ‖ ASCII tag ‖ genesisHash ‖ SSZ body. */
export function signingBytes(tag: SignatureTag, genesisHash: string, body: Uint8Array): Uint8Array {
  return concatBytes(domainPrefix(tag), fromHex(genesisHash), body);
}
