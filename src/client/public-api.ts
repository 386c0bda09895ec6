/**
 * What other programs get from `metanode/client`, in Node.js and in a browser: the client of a node's JSON-RPC, keys
 * and transactions, and the verification of proofs without any node. Nothing in here imports this file.
 */
export { generateKeyPair, type KeyPair, keyPairFromSeed } from '../crypto/ed25519.ts';
export type { SubscriptionTopic } from '../rpc/schema/meta.ts';
export type { MethodName, MethodParams, MethodResult } from '../rpc/schema/methods.ts';
export { addressFromText, addressToText } from '../types/address.ts';
export type { TrustedBlock } from '../types/check-finality.ts';
export { type Genesis, genesisFromJson, hashGenesis } from '../types/genesis.ts';
export type { LedgerName, TokenName } from '../types/names.ts';
export type { ChainIdentity } from '../types/sign-transaction.ts';
export type { EncodedTransaction, Operation } from '../types/transaction.ts';
export { NodeError } from '../util/errors.ts';
export {
  type BatchCall,
  type BatchOutcomes,
  type CallOptions,
  type Client,
  type ClientOptions,
  createClient,
  type Fetch,
} from './client.ts';
export { ClientError, type ClientErrorCode } from './client-error.ts';
export type { LinkState, Subscriber } from './subscriptions.ts';
export { operationNamed, senderOf, signTransaction, type TransactionDraft } from './transaction-builder.ts';
export { type Receipt, type SendErrorCode, TransactionSender } from './transaction-sender.ts';
export { type BillCheck, type InvalidBill, type ValidBill, verifyBillJson } from './verify-bill.ts';
export {
  type InvalidProof,
  type ProofCheck,
  type ValidProof,
  verifyFinalityProofJson,
} from './verify-proof.ts';
export type { ClientSocket, OpenSocket } from './web-socket.ts';
