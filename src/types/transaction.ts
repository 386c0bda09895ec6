import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { hashOf, signingBytes } from '../crypto/hash.ts';
import { NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import { addressOf } from './address.ts';
import { LedgerNameType } from './names.ts';
import { decode, encode } from './ssz.ts';
import { AddressType, Bytes } from './ssz-bytes.ts';
import { SafeU64, U8, U16, U64, U128 } from './ssz-numbers.ts';

/** One action on a ledger: `data` is the SSZ body that the ledger's schema gives for `kind` (types/operations). */
export const OperationType = new ContainerType({
  kind: U16,
  data: Bytes(LIMITS.maxOperationBytes),
});
export type Operation = ValueOf<typeof OperationType>;

/** What the sender signs. `nonce` counts per (sender, ledger) without gaps, from 0; `maxFee` is in micro-FLX. */
export const TransactionBodyType = new ContainerType({
  version: U16,
  chainId: SafeU64,
  ledger: LedgerNameType,
  sender: AddressType,
  nonce: U64,
  validUntilMs: SafeU64,
  maxFee: U128,
  operations: new ListCompositeType(OperationType, LIMITS.maxOperationsPerTransaction),
});
export type TransactionBody = ValueOf<typeof TransactionBodyType>;

/** Scheme 1 is Ed25519; the bounds leave room for hybrid keys. */
export const TransactionAuthType = new ContainerType({
  scheme: U8,
  publicKey: Bytes(LIMITS.maxPublicKeyBytes),
  signature: Bytes(LIMITS.maxSignatureBytes),
});

export const TransactionType = new ContainerType({
  body: TransactionBodyType,
  auth: TransactionAuthType,
});
export type Transaction = ValueOf<typeof TransactionType>;

export const TRANSACTION_VERSION = 1;
export const SCHEME_ED25519 = 1;
const ED25519_KEY_BYTES = 32;
const ED25519_SIGNATURE_BYTES = 64;

/**
 * A transaction with the bytes it came as: it is decoded once, never encoded again, and `id` is a hash of exactly
 * these bytes, signature included.
 */
export interface EncodedTransaction {
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly value: Transaction;
}

export type TransactionErrorCode =
  | 'TRANSACTION_TOO_LARGE'
  | 'MALFORMED_BYTES'
  | 'UNKNOWN_VERSION'
  | 'UNKNOWN_SCHEME'
  | 'BAD_KEY_LENGTH'
  | 'BAD_SIGNATURE_LENGTH'
  | 'NO_OPERATIONS'
  | 'SENDER_MISMATCH';

export function encodeTransaction(value: Transaction): EncodedTransaction {
  const bytes = encode(TransactionType, value);
  return { id: hashOf('transaction', bytes), bytes, value };
}

/**
 * Decodes untrusted bytes and checks what needs no state and no signature.
 * @throws NodeError with a TransactionErrorCode
 */
export function decodeTransaction(bytes: Uint8Array): EncodedTransaction {
  if (bytes.length > LIMITS.maxTransactionBytes)
    throw new NodeError<TransactionErrorCode>(
      'TRANSACTION_TOO_LARGE',
      `a transaction has at most ${LIMITS.maxTransactionBytes} bytes`,
      { data: { bytes: bytes.length }, hint: 'split the operations over several transactions' },
    );
  const value = decode(TransactionType, bytes, 'transaction');
  const { body, auth } = value;
  if (body.version !== TRANSACTION_VERSION)
    throw new NodeError<TransactionErrorCode>('UNKNOWN_VERSION', `unknown version ${body.version}`, {
      hint: `this node speaks version ${TRANSACTION_VERSION}`,
    });
  assertScheme(auth);
  if (body.operations.length === 0)
    throw new NodeError<TransactionErrorCode>('NO_OPERATIONS', 'a transaction has at least one operation');
  if (addressOf(auth.scheme, auth.publicKey) !== body.sender)
    throw new NodeError<TransactionErrorCode>(
      'SENDER_MISMATCH',
      'sender is not the address of the public key',
    );
  return { id: hashOf('transaction', bytes), bytes, value };
}

/**
 * Scheme 1 is an Ed25519 key of 32 and a signature of 64 bytes (RFC 8032). The signature stands last and SSZ gives it
 * all bytes that are left, so whatever trails a transaction shows up here.
 */
function assertScheme({ scheme, publicKey, signature }: Transaction['auth']): void {
  if (scheme !== SCHEME_ED25519)
    throw new NodeError<TransactionErrorCode>('UNKNOWN_SCHEME', `unknown key scheme ${scheme}`, {
      hint: 'this node knows scheme 1, Ed25519',
    });
  if (publicKey.length !== ED25519_KEY_BYTES)
    throw new NodeError<TransactionErrorCode>('BAD_KEY_LENGTH', `a key of ${publicKey.length} bytes`, {
      data: { bytes: publicKey.length, expected: ED25519_KEY_BYTES },
      hint: 'scheme 1 is Ed25519: a key has 32 bytes',
    });
  if (signature.length !== ED25519_SIGNATURE_BYTES)
    throw new NodeError<TransactionErrorCode>(
      'BAD_SIGNATURE_LENGTH',
      `a signature of ${signature.length} bytes`,
      {
        data: { bytes: signature.length, expected: ED25519_SIGNATURE_BYTES },
        hint: 'an Ed25519 signature has 64 bytes: is the transaction cut short, or are there bytes after its end?',
      },
    );
}

/** What the sender's signature covers. */
export function transactionSigningBytes(genesisHash: string, body: TransactionBody): Uint8Array {
  return signingBytes('transaction', genesisHash, encode(TransactionBodyType, body));
}

/**
 * The same for a transaction that came as bytes: its body is cut out of them and not encoded again. An SSZ container
 * of two fields of variable size begins with their offsets, u32 little-endian.
 */
export function receivedSigningBytes(genesisHash: string, { bytes }: EncodedTransaction): Uint8Array {
  const offsets = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const body = bytes.subarray(offsets.getUint32(0, true), offsets.getUint32(4, true));
  return signingBytes('transaction', genesisHash, body);
}
