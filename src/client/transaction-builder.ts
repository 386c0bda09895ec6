import type { KeyPair } from '../crypto/ed25519.ts';
import { addressOf } from '../types/address.ts';
import type { LedgerName } from '../types/names.ts';
import { operationFromJson } from '../types/operations/catalog.ts';
import { CATALOGS } from '../types/operations/catalogs.ts';
import { type ChainIdentity, signBody } from '../types/sign-transaction.ts';
import { type EncodedTransaction, type Operation, SCHEME_ED25519 } from '../types/transaction.ts';
import { fromHex } from '../util/bytes.ts';

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
  return signBody(keyPair, chain, { ...draft, operations: [...draft.operations] });
}

/**
 * An operation from its name and the JSON form of its data.
 * @throws NodeError UNKNOWN_OPERATION, MALFORMED_JSON
 */
export function operationNamed(ledger: LedgerName, name: string, data: unknown): Operation {
  return operationFromJson(CATALOGS[ledger], name, data);
}
