import type { Client } from '../../client/client.ts';
import { operationNamed } from '../../client/transaction-builder.ts';
import { type KeyPair, keyPairFromSeed } from '../../crypto/ed25519.ts';
import { sha256 } from '../../crypto/hash.ts';
import { vrfKeyPairFromSeed } from '../../crypto/vrf.ts';
import type { BPCI } from '../../types/operations/bpci.ts';
import type { Operation } from '../../types/transaction.ts';
import { toHex, utf8 } from '../../util/bytes.ts';
import { errorCode } from '../../util/errors.ts';
import type { CliContext } from '../context.ts';
import { type KeyAccess, KeyDirectory } from '../key-directory.ts';
import { type SendOptions, type SendSituation, sendOperations } from './send-transaction.ts';

/** What the commands of the bpci ledger send. */

/** Signs and sends one operation, and prints its receipt. */
export async function sendToBpci(
  context: CliContext,
  options: SendOptions,
  build: (situation: SendSituation) => Promise<Operation> | Operation,
): Promise<void> {
  await sendOperations(context, options, 'bpci', async (situation) => [await build(situation)]);
}

/** Sends an operation by its name; `data` is its JSON form. */
export async function sendNamed(
  context: CliContext,
  options: SendOptions,
  name: keyof typeof BPCI.operations,
  data: unknown,
): Promise<void> {
  await sendToBpci(context, options, () => operationNamed('bpci', name, data));
}

/** A key by its name in the key directory or its file. */
export async function loadKeyPair(context: CliContext, access: KeyAccess, name: string): Promise<KeyPair> {
  return keyPairFromSeed((await new KeyDirectory(context).load(name, access)).seed);
}

/** The two keys that a validator works with. */
export async function loadValidatorKeys(
  context: CliContext,
  options: KeyAccess & { readonly consensusKey: string; readonly vrfKey: string },
) {
  const { seed } = await new KeyDirectory(context).load(options.vrfKey, options);
  return {
    consensus: await loadKeyPair(context, options, options.consensusKey),
    vrf: vrfKeyPairFromSeed(seed),
  };
}

/** Services go by name; the hash of the name, as 0x…, stands on the chain. A hash is taken as it is. */
export function serviceHash(name: string): string {
  return /^0x[0-9a-f]{64}$/.test(name) ? name : `0x${toHex(sha256(utf8(name)))}`;
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
