import type { LedgerName } from '../../src/types/names.ts';
import { type EncodedTransaction, encodeTransaction } from '../../src/types/transaction.ts';
import { hashNumber } from './blocks.ts';

export interface PoolTransactionOptions {
  readonly ledger?: LedgerName;
  readonly maxFee?: bigint;
  readonly validUntilMs?: number;
  readonly operations?: number;
  /** Bytes of the first operation: tells variants apart and makes transactions larger. */
  readonly bytes?: number;
}

/** A transaction with no real signature: whoever hands one to the mempool has checked it. */
export function poolTransaction(
  sender: number,
  nonce: number,
  options: PoolTransactionOptions = {},
): EncodedTransaction {
  return encodeTransaction({
    body: {
      version: 1,
      chainId: 7,
      ledger: options.ledger ?? 'economy',
      sender: hashNumber(sender),
      nonce: BigInt(nonce),
      validUntilMs: options.validUntilMs ?? 60_000,
      maxFee: options.maxFee ?? 100n,
      operations: Array.from({ length: options.operations ?? 1 }, (_, i) => ({
        kind: 1,
        data: new Uint8Array(i === 0 ? (options.bytes ?? 0) : 0),
      })),
    },
    auth: { scheme: 1, publicKey: new Uint8Array(32), signature: new Uint8Array(64) },
  });
}
