import type { EncodedTransaction } from '../types/transaction.ts';
import { NodeError } from '../util/errors.ts';

/** Why the pool does not take a transaction. Nothing changes when it refuses. */
export type PoolRefusal =
  /** These very bytes are in the pool. */
  | 'ALREADY_KNOWN'
  /** The nonce is used. */
  | 'NONCE_TOO_LOW'
  /** The nonce is too far ahead of the next one. */
  | 'NONCE_GAP'
  /** Another transaction has the nonce, and this one does not pay enough more. */
  | 'REPLACEMENT_UNDERPRICED'
  /** The nonce was given to another transaction too often. */
  | 'REPLACEMENT_LIMIT'
  | 'POOL_FULL'
  /** More waits for blocks than they will take in time. */
  | 'CHAIN_BUSY'
  /** One sender's share of the pool is used up. */
  | 'SENDER_LIMIT'
  /** validUntilMs is over. */
  | 'EXPIRED'
  /** validUntilMs is too late. */
  | 'TOO_FAR_IN_FUTURE'
  /** The sender cannot pay the maxFee of everything it has in the pool. */
  | 'INSUFFICIENT_METER';

const HINTS: Record<PoolRefusal, string> = {
  ALREADY_KNOWN: 'wait for its receipt (tx_status)',
  NONCE_TOO_LOW: 'ask tx_getNonce for the next nonce',
  NONCE_GAP: 'send the transactions with the nonces before it first',
  REPLACEMENT_UNDERPRICED: 'raise maxFee by at least a tenth',
  REPLACEMENT_LIMIT: 'wait until the transaction with this nonce is final or has expired',
  POOL_FULL: 'retry after details.retryAfterMs',
  CHAIN_BUSY: 'retry after details.retryAfterMs',
  SENDER_LIMIT: 'wait until some of your transactions are final',
  EXPIRED: 'sign again with a later validUntilMs',
  TOO_FAR_IN_FUTURE: 'sign again with an earlier validUntilMs',
  INSUFFICIENT_METER: 'deposit to the meter of this ledger, or lower maxFee',
};

export function refusal(
  code: PoolRefusal,
  transaction: EncodedTransaction,
  message: string,
  data: Record<string, unknown> = {},
): NodeError<PoolRefusal> {
  return new NodeError(code, message, { data: { txId: transaction.id, ...data }, hint: HINTS[code] });
}

/** The refusal of whatever comes: it says nothing about the transaction, which nobody has looked at. */
export function chainBusy(data: {
  /** Operations that wait for blocks; a signature counts as eight. */
  readonly waiting: number;
  readonly retryAfterMs: number;
}): NodeError<PoolRefusal> {
  return new NodeError('CHAIN_BUSY', 'more comes than blocks take in time', {
    data,
    hint: HINTS.CHAIN_BUSY,
  });
}
