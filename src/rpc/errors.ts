import type { AdmissionErrorCode } from '../chain/transaction-pool.ts';
import type { PoolRefusal } from '../mempool/refusal.ts';
import type { NetworkErrorCode } from '../network/errors.ts';
import type { ProbeFailureReason } from '../network/probe/probe-step.ts';
import { addressToText } from '../types/address.ts';
import type { DecodeErrorCode } from '../types/ssz.ts';
import type { TransactionErrorCode } from '../types/transaction.ts';
import { isHex } from '../util/bytes.ts';
import { NodeError } from '../util/errors.ts';
import { JSON_RPC_CODES } from './schema/error-codes.ts';
import type { ErrorObject } from './schema/results.ts';

type ErrorClass = keyof typeof JSON_RPC_CODES;

/** Reasons that the interface itself raises. */
export type RpcErrorCode =
  | 'PARSE_ERROR'
  | 'INVALID_REQUEST'
  | 'METHOD_NOT_FOUND'
  | 'INVALID_PARAMS'
  | 'BLOCK_NOT_FOUND'
  | 'TX_NOT_FOUND'
  | 'RECEIPT_NOT_FOUND'
  | 'NO_TRANSFER'
  | 'SERVICE_NOT_FOUND'
  | 'WORKLOAD_NOT_FOUND'
  | 'IMAGE_NOT_FOUND'
  | 'APP_NOT_FOUND'
  | 'CONTAINER_NOT_FOUND'
  | 'BILLING_WINDOW_NOT_FOUND'
  | 'PRUNED'
  | 'AGREEMENT_NOT_FOUND'
  | 'CLIENT_NOT_FOUND'
  | 'CHANNEL_NOT_FOUND'
  | 'POLICY_NOT_FOUND'
  | 'MESSAGE_NOT_FOUND'
  | 'DIAL_TIMED_OUT'
  | 'NOT_INCLUDED_YET'
  | 'TX_DROPPED'
  | 'NOT_A_MINER'
  | 'NOT_A_VALIDATOR'
  | 'NOT_A_TESTNET'
  | 'ACCOUNT_KEY_MISSING'
  | 'MEMBER_NOT_FOUND'
  | 'VOTE_POINTLESS'
  | 'ALREADY_VOTED'
  | 'ALLOWLIST_ABSENT'
  | 'ALLOWLIST_UNREADABLE'
  | 'ALLOWLIST_MALFORMED'
  | 'ALLOWLIST_UNWRITABLE'
  | 'BANS_FULL'
  | 'BANS_UNWRITABLE'
  | 'PROFILE_RUNNING'
  | 'PROFILE_NOT_RUNNING'
  | 'FILE_WORK_RUNNING'
  | 'FILE_NOT_FOUND'
  | 'FILE_EXISTS'
  | 'FILE_UNWRITABLE'
  | 'DISK_TOO_FULL'
  | 'TOO_MANY_FILES'
  | 'SNAPSHOT_TOO_LARGE'
  | 'STATE_TOO_LARGE'
  | 'NO_BLOCKS'
  | 'SUBSCRIPTION_NEEDS_WEBSOCKET'
  | 'RATE_LIMITED'
  | 'BATCH_TOO_LARGE'
  | 'REQUEST_TOO_LARGE'
  | 'RESPONSE_TOO_LARGE'
  | 'TOO_MANY_SUBSCRIPTIONS'
  | 'UNAUTHENTICATED'
  | 'SCOPE_MISSING'
  | 'HOST_NOT_ALLOWED'
  | 'ORIGIN_NOT_ALLOWED'
  | 'ENDPOINT_NOT_FOUND'
  | 'INTERNAL_ERROR';

/** Reasons of the parts that a caller's bytes reach, from decoding to the rules of the pool. */
type CallerReason =
  | RpcErrorCode
  | DecodeErrorCode
  | TransactionErrorCode
  | AdmissionErrorCode
  | PoolRefusal
  | NetworkErrorCode
  | ProbeFailureReason
  | 'MALFORMED_ADDRESS';

/**
 * Every reason that a caller may meet, with its class: the one place where the code of a NodeError becomes a JSON-RPC
 * code. The compiler and a test keep it complete; a reason that is not here is an internal error.
 */
export const ERROR_CATALOGUE: Readonly<Record<CallerReason, ErrorClass>> = {
  PARSE_ERROR: 'parse',
  INVALID_REQUEST: 'request',
  METHOD_NOT_FOUND: 'method',
  ENDPOINT_NOT_FOUND: 'method',
  INVALID_PARAMS: 'params',
  MALFORMED_ADDRESS: 'params',
  INTERNAL_ERROR: 'internal',

  BLOCK_NOT_FOUND: 'notFound',
  TX_NOT_FOUND: 'notFound',
  RECEIPT_NOT_FOUND: 'notFound',
  NO_TRANSFER: 'notFound',
  SERVICE_NOT_FOUND: 'notFound',
  WORKLOAD_NOT_FOUND: 'notFound',
  IMAGE_NOT_FOUND: 'notFound',
  APP_NOT_FOUND: 'notFound',
  CONTAINER_NOT_FOUND: 'notFound',
  BILLING_WINDOW_NOT_FOUND: 'notFound',
  PRUNED: 'notFound',
  AGREEMENT_NOT_FOUND: 'notFound',
  CLIENT_NOT_FOUND: 'notFound',
  CHANNEL_NOT_FOUND: 'notFound',
  POLICY_NOT_FOUND: 'notFound',
  MESSAGE_NOT_FOUND: 'notFound',
  MEMBER_NOT_FOUND: 'notFound',
  NO_BLOCKS: 'notFound',
  FILE_NOT_FOUND: 'notFound',

  NOT_INCLUDED_YET: 'unavailable',
  ALLOWLIST_UNREADABLE: 'unavailable',
  ALLOWLIST_MALFORMED: 'unavailable',
  ALLOWLIST_UNWRITABLE: 'unavailable',
  BANS_UNWRITABLE: 'unavailable',
  PROFILE_RUNNING: 'unavailable',
  PROFILE_NOT_RUNNING: 'unavailable',
  FILE_WORK_RUNNING: 'unavailable',
  FILE_EXISTS: 'unavailable',
  FILE_UNWRITABLE: 'unavailable',
  DISK_TOO_FULL: 'unavailable',

  TRANSACTION_TOO_LARGE: 'rejected',
  MALFORMED_BYTES: 'rejected',
  MALFORMED_JSON: 'rejected',
  UNKNOWN_VERSION: 'rejected',
  UNKNOWN_SCHEME: 'rejected',
  BAD_KEY_LENGTH: 'rejected',
  BAD_SIGNATURE_LENGTH: 'rejected',
  UNKNOWN_OPERATION: 'rejected',
  NO_OPERATIONS: 'rejected',
  SENDER_MISMATCH: 'rejected',
  WRONG_NETWORK: 'rejected',
  BAD_SIGNATURE: 'rejected',
  ACCOUNT_NOT_ALLOWED: 'rejected',
  ALREADY_KNOWN: 'rejected',
  NONCE_TOO_LOW: 'rejected',
  NONCE_GAP: 'rejected',
  REPLACEMENT_UNDERPRICED: 'rejected',
  REPLACEMENT_LIMIT: 'rejected',
  POOL_FULL: 'rejected',
  SENDER_LIMIT: 'rejected',
  EXPIRED: 'rejected',
  TOO_FAR_IN_FUTURE: 'rejected',
  INSUFFICIENT_METER: 'rejected',
  WRONG_CHAIN: 'rejected',
  WRONG_LEDGER: 'rejected',
  LEDGER_NOT_AVAILABLE: 'rejected',
  TRANSACTION_TOO_EXPENSIVE: 'rejected',
  MAX_FEE_TOO_LOW: 'rejected',
  FREE_OPERATION_FAILED: 'rejected',
  TX_DROPPED: 'rejected',
  VOTE_POINTLESS: 'rejected',
  ALREADY_VOTED: 'rejected',

  NOT_A_MINER: 'disabled',
  NOT_A_VALIDATOR: 'disabled',
  NOT_A_TESTNET: 'disabled',
  ACCOUNT_KEY_MISSING: 'disabled',
  ALLOWLIST_ABSENT: 'disabled',
  SUBSCRIPTION_NEEDS_WEBSOCKET: 'disabled',

  RATE_LIMITED: 'limit',
  TOO_MANY_PENDING: 'limit',
  CHAIN_BUSY: 'limit',
  BATCH_TOO_LARGE: 'limit',
  REQUEST_TOO_LARGE: 'limit',
  RESPONSE_TOO_LARGE: 'limit',
  TOO_MANY_SUBSCRIPTIONS: 'limit',
  BANS_FULL: 'limit',
  TOO_MANY_FILES: 'limit',
  SNAPSHOT_TOO_LARGE: 'limit',
  STATE_TOO_LARGE: 'limit',

  UNAUTHENTICATED: 'auth',
  SCOPE_MISSING: 'auth',
  HOST_NOT_ALLOWED: 'auth',
  ORIGIN_NOT_ALLOWED: 'auth',

  DIAL_TIMED_OUT: 'peer',
  GENESIS_MISMATCH: 'peer',
  CHAIN_ID_MISMATCH: 'peer',
  PROTOCOL_TOO_OLD: 'peer',
  BAD_PEER_RECORD: 'peer',
  TOO_MANY_PEERS: 'peer',
  PEER_NOT_ALLOWED: 'peer',
  PEER_BANNED: 'peer',
  PEER_REMOVED: 'peer',
  HANDSHAKE_FAILED: 'peer',
  HANDSHAKE_TIMEOUT: 'peer',
  PUSH_SILENCE: 'peer',
  PUSH_STREAM_FAILED: 'peer',
  MALFORMED_FRAME: 'peer',
  GOSSIP_FLOOD: 'peer',
  REMOTE_CLOSED: 'peer',
  STOPPED: 'peer',
  DUPLICATE_VALIDATOR_KEY: 'peer',
  NOT_STARTED: 'peer',
  BAD_MULTIADDR: 'params',
  NAME_NOT_FOUND: 'peer',
  CONNECTION_REFUSED: 'peer',
  CONNECT_TIMED_OUT: 'peer',
  HOST_UNREACHABLE: 'peer',
  NO_ANSWER: 'peer',
  SWARM_KEY_NEEDED: 'peer',
  SWARM_KEY_NOT_USED_THERE: 'peer',
  SWARM_KEY_MISMATCH_LIKELY: 'peer',
  PEER_ID_MISMATCH: 'peer',
  NOISE_FAILED: 'peer',
  NO_METANODE: 'peer',
  IDENTIFY_FAILED: 'peer',
  GENESIS_NOT_GIVEN: 'peer',
  DIAL_FAILED: 'peer',
  NOT_CONNECTED: 'peer',
  MESSAGE_TOO_LARGE: 'peer',
  REQUEST_FAILED: 'peer',
  REQUEST_REFUSED: 'peer',
  MALFORMED_ANSWER: 'peer',
};

export function rpcError(
  code: RpcErrorCode,
  message: string,
  options: { data?: Record<string, unknown>; hint?: string; cause?: unknown } = {},
): NodeError<RpcErrorCode> {
  return new NodeError(code, message, options);
}

function classOf(code: string): ErrorClass {
  return Object.hasOwn(ERROR_CATALOGUE, code) ? ERROR_CATALOGUE[code as CallerReason] : 'internal';
}

/** Whether the fault lies with the node and not with the caller: it is then logged. */
export function isInternal(error: unknown): boolean {
  return !(error instanceof NodeError) || classOf(error.code) === 'internal';
}

/**
 * The JSON-RPC error object of anything thrown. Of an error that nobody raised on purpose the caller learns only that
 * it happened: its message may hold what is none of the caller's business.
 */
export function errorObject(error: unknown): ErrorObject {
  if (!(error instanceof NodeError))
    return {
      code: JSON_RPC_CODES.internal,
      message: 'internal error',
      data: { reason: 'INTERNAL_ERROR', hint: 'see the log of the node', details: {} },
    };
  return {
    code: JSON_RPC_CODES[classOf(error.code)],
    message: error.message,
    data: {
      reason: error.code,
      hint: error.hint ?? null,
      details: readable(error.data, '', 0) as Record<string, unknown>,
    },
  };
}

const ADDRESS_KEYS = new Set(['sender', 'address', 'payer', 'owner', 'account', 'validator', 'proposer']);
const MAX_DETAIL_DEPTH = 4;

/** The data of an error as JSON: bigint as decimal text, hashes as 0x…, addresses as meta1…. */
function readable(value: unknown, key: string, depth: number): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'string') {
    if (!isHex(value, 32)) return value;
    return ADDRESS_KEYS.has(key) ? addressToText(value) : `0x${value}`;
  }
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (depth >= MAX_DETAIL_DEPTH) return null;
  if (Array.isArray(value)) return value.map((item) => readable(item, key, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, readable(item, name, depth + 1)]),
  );
}
