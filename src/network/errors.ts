import { NodeError } from '../util/errors.ts';

/** Why a connection was refused or ended; the same codes stand in `admin_peers` and travel to the other side. */
export const DISCONNECT_CODES = [
  'GENESIS_MISMATCH',
  'CHAIN_ID_MISMATCH',
  'PROTOCOL_TOO_OLD',
  'BAD_PEER_RECORD',
  'TOO_MANY_PEERS',
  'PEER_NOT_ALLOWED',
  'PEER_BANNED',
  'PEER_REMOVED',
  'HANDSHAKE_FAILED',
  'HANDSHAKE_TIMEOUT',
  'PUSH_SILENCE',
  'PUSH_STREAM_FAILED',
  'MALFORMED_FRAME',
  'GOSSIP_FLOOD',
  'REMOTE_CLOSED',
  'STOPPED',
] as const;
export type DisconnectCode = (typeof DISCONNECT_CODES)[number];

export type NetworkErrorCode =
  | DisconnectCode
  | 'DUPLICATE_VALIDATOR_KEY'
  | 'NOT_STARTED'
  | 'BAD_MULTIADDR'
  | 'DIAL_FAILED'
  | 'NOT_CONNECTED'
  | 'MESSAGE_TOO_LARGE'
  | 'REQUEST_FAILED'
  | 'REQUEST_REFUSED'
  | 'MALFORMED_ANSWER';

export class NetworkError extends NodeError<NetworkErrorCode> {}

const HINTS: Partial<Record<NetworkErrorCode, string>> = {
  GENESIS_MISMATCH: 'the two nodes belong to different chains: compare their genesis files',
  CHAIN_ID_MISMATCH: 'the two nodes belong to different chains: compare their genesis files',
  PROTOCOL_TOO_OLD: 'upgrade the older of the two nodes',
  TOO_MANY_PEERS: 'the slots for observers are taken: try another peer, or raise its max-peers',
  PEER_NOT_ALLOWED: 'the peer is not on the allow-list of the other side',
  PEER_BANNED: 'metanode peers unban <peer-id> lets it in again',
  DUPLICATE_VALIDATOR_KEY: 'stop one of the two processes that hold this validator key',
  BAD_MULTIADDR: 'an address looks like /ip4/127.0.0.1/tcp/4100/p2p/12D3KooW…',
  DIAL_FAILED:
    'metanode peers test <address> goes the way there step by step, and says where and why it ends',
  NOT_CONNECTED: 'wait for the connection, or ask another peer',
};

/** A NetworkError with the hint that belongs to its code. */
export function networkError(
  code: NetworkErrorCode,
  message: string,
  options: { data?: Record<string, unknown>; cause?: unknown } = {},
): NetworkError {
  const hint = HINTS[code];
  return new NetworkError(code, message, hint === undefined ? options : { ...options, hint });
}

/** The code if the other side sent one that this version knows, otherwise HANDSHAKE_FAILED. */
export function disconnectCodeOf(text: string): DisconnectCode {
  return DISCONNECT_CODES.find((code) => code === text) ?? 'HANDSHAKE_FAILED';
}
