import { bech32m } from '@scure/base';
import { hashOf } from '../crypto/hash.ts';
import { concatBytes, fromHex, toHex } from '../util/bytes.ts';
import { NodeError } from '../util/errors.ts';

const PREFIX = 'meta';

/** address = H("address", scheme ‖ public key), as 64 hex digits. `publicKey` is raw bytes of that scheme. */
export function addressOf(scheme: number, publicKey: Uint8Array): string {
  return hashOf('address', concatBytes(Uint8Array.of(scheme), publicKey));
}

/** The checksummed text form (BIP 350), `meta1…`. */
export function addressToText(address: string): string {
  return bech32m.encode(PREFIX, bech32m.toWords(fromHex(address)), false);
}

/** @throws NodeError MALFORMED_ADDRESS for a wrong prefix, checksum or length */
export function addressFromText(text: string): string {
  try {
    const { prefix, words } = bech32m.decode(text as `${string}1${string}`, 90);
    if (prefix !== PREFIX) throw new RangeError(`prefix ${prefix}`);
    const bytes = bech32m.fromWords(words);
    if (bytes.length !== 32) throw new RangeError(`${bytes.length} bytes`);
    if (text !== text.toLowerCase()) throw new RangeError('capital letters');
    return toHex(bytes);
  } catch (cause) {
    throw new NodeError('MALFORMED_ADDRESS', `not an address: ${text.slice(0, 100)}`, {
      hint: 'an address is bech32m text that begins with meta1',
      cause,
    });
  }
}
