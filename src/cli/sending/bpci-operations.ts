import type { Client } from '../../client/client.ts';
import { sha256Hex } from '../../crypto/hash.ts';
import { vrfKeyPairFromSeed } from '../../crypto/vrf.ts';
import { utf8 } from '../../util/bytes.ts';
import { errorCode } from '../../util/errors.ts';
import type { CliContext } from '../context.ts';
import { type KeyAccess, KeyDirectory } from '../key-directory.ts';

/** What the commands of the bpci ledger send. */

/** The two keys that a validator works with. */
export async function loadValidatorKeys(
  context: CliContext,
  options: KeyAccess & { readonly consensusKey: string; readonly vrfKey: string },
) {
  const directory = new KeyDirectory(context);
  const { seed } = await directory.load(options.vrfKey, options);
  return {
    consensus: await directory.loadKeyPair(options.consensusKey, options),
    vrf: vrfKeyPairFromSeed(seed),
  };
}

/** Services go by name; the hash of the name, as 0x…, stands on the chain. A hash is taken as it is. */
export function serviceHash(name: string): string {
  return /^0x[0-9a-f]{64}$/.test(name) ? name : `0x${sha256Hex(utf8(name))}`;
}

/** The nonce of the next message of a channel, by what the node has recorded. */
export async function nextMessageNonce(
  client: Client,
  channel: { readonly source: string; readonly service: string },
): Promise<bigint> {
  try {
    return BigInt((await client.call('bpci_getChannel', channel)).nonce) + 1n;
  } catch (error) {
    if (errorCode(error) === 'CHANNEL_NOT_FOUND') return 1n;
    throw error;
  }
}
