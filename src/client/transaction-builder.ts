import type { KeyPair } from '../crypto/ed25519.ts';
import { addressOf } from '../types/address.ts';
import type { LedgerName } from '../types/names.ts';
import { operationFromJson } from '../types/operations/catalog.ts';
import { CATALOGS } from '../types/operations/catalogs.ts';
import {
  type EncodedTransaction,
  encodeTransaction,
  type Operation,
  SCHEME_ED25519,
  TRANSACTION_VERSION,
  type TransactionBody,
  transactionSigningBytes,
} from '../types/transaction.ts';
import { fromHex } from '../util/bytes.ts';

/** The chain that a transaction is for: `net_status` has both. */
export interface ChainIdentity {
  readonly chainId: number;
  /** Lowercase hex without prefix. */
  readonly genesisHash: string;
}

export interface TransactionDraft {
  readonly ledger: LedgerName;
  /** Next nonce of the sender on this ledger: `tx_getNonce`. */
  readonly nonce: bigint;
  /** The transaction is void from this time of the chain on, milliseconds since the epoch. */
  readonly validUntilMs: number;
  /** The most that the sender pays, in micro-FLX. */
  readonly maxFee: bigint;
  readonly operations: readonly Operation[];
}

/** The address of an Ed25519 key pair, as 64 hex digits. */
export function senderOf(keyPair: KeyPair): string {
  return addressOf(SCHEME_ED25519, fromHex(keyPair.publicKey));
}

/** Completes a draft with chain and sender and signs it. Throws a RangeError for values that no transaction can hold. */
export function signTransaction(
  keyPair: KeyPair,
  chain: ChainIdentity,
  draft: TransactionDraft,
): EncodedTransaction {
  const body: TransactionBody = {
    version: TRANSACTION_VERSION,
    chainId: chain.chainId,
    ledger: draft.ledger,
    sender: senderOf(keyPair),
    nonce: draft.nonce,
    validUntilMs: draft.validUntilMs,
    maxFee: draft.maxFee,
    operations: [...draft.operations],
  };
  const signature = keyPair.sign(transactionSigningBytes(chain.genesisHash, body));
  return encodeTransaction({
    body,
    auth: { scheme: SCHEME_ED25519, publicKey: fromHex(keyPair.publicKey), signature: fromHex(signature) },
  });
}

/**
 * An operation from its name and the JSON form of its data.
 * @throws NodeError UNKNOWN_OPERATION, MALFORMED_JSON
 */
export function operationNamed(ledger: LedgerName, name: string, data: unknown): Operation {
  return operationFromJson(CATALOGS[ledger], name, data);
}
