import type { KeyPair } from '../crypto/ed25519.ts';
import { fromHex } from '../util/bytes.ts';
import { addressOf } from './address.ts';
import type { Hash } from './ssz-bytes.ts';
import {
  type EncodedTransaction,
  encodeTransaction,
  SCHEME_ED25519,
  TRANSACTION_VERSION,
  type TransactionBody,
  transactionSigningBytes,
} from './transaction.ts';

/** The chain that a transaction is for: `net_status` has both. */
export interface ChainIdentity {
  readonly chainId: number;
  /** Lowercase hex without prefix. */
  readonly genesisHash: Hash;
}

/**
 * A transaction of the account behind a key, signed. Throws a RangeError for values that no transaction can hold.
 */
export function signBody(
  keyPair: KeyPair,
  { chainId, genesisHash }: ChainIdentity,
  draft: Omit<TransactionBody, 'version' | 'chainId' | 'sender'>,
): EncodedTransaction {
  const publicKey = fromHex(keyPair.publicKey);
  const sender = addressOf(SCHEME_ED25519, publicKey);
  const body: TransactionBody = { version: TRANSACTION_VERSION, chainId, sender, ...draft };
  const signature = fromHex(keyPair.sign(transactionSigningBytes(genesisHash, body)));
  return encodeTransaction({ body, auth: { scheme: SCHEME_ED25519, publicKey, signature } });
}
