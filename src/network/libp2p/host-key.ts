import { privateKeyFromRaw } from '@libp2p/crypto/keys';
import type { PrivateKey } from '@libp2p/interface';
import { keyPairFromSeed } from '../../crypto/ed25519.ts';
import { concatBytes, fromHex } from '../../util/bytes.ts';

/**
 * The key of a libp2p host from its 32-byte seed. libp2p's own derivation makes a table of curve points first, which
 * costs each process 50 ms at its start.
 */
export function hostKey(seed: Uint8Array): PrivateKey {
  return privateKeyFromRaw(concatBytes(seed, fromHex(keyPairFromSeed(seed).publicKey)));
}
