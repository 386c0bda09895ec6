import { ListCompositeType } from '@chainsafe/ssz';
import type { TransactionPool } from '../chain/transaction-pool.ts';
import type { InboundMessage, Network, Verdict } from '../network/contract.ts';
import { Bytes, decode, encode } from '../types/ssz.ts';
import { decodeTransaction, type EncodedTransaction } from '../types/transaction.ts';
import { errorCode } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';

const BatchType = new ListCompositeType(Bytes(LIMITS.maxTransactionBytes), LIMITS.maxTransactionsPerBatch);

/** Codes that prove that the sender of a batch sent nonsense; any other refusal is the pool's own business. */
const PROVABLY_BAD = new Set([
  'MALFORMED_BYTES',
  'TRANSACTION_TOO_LARGE',
  'UNKNOWN_VERSION',
  'UNKNOWN_SCHEME',
  'BAD_KEY_LENGTH',
  'BAD_SIGNATURE_LENGTH',
  'NO_OPERATIONS',
  'SENDER_MISMATCH',
  'BAD_SIGNATURE',
]);

/** A node that sent a batch this recently is busy. */
const BUSY_WINDOW_MS = 1_000;

/**
 * Spreads transactions in batches, never one message each: a batch leaves when it holds 64 KiB, when something else
 * leaves for the peers, or when it is 100 ms old; a transaction above 64 KiB travels alone. Under a steady flow it may get older: a message to 20 peers costs the
 * same whatever it holds, and the next block is half a second away. What arrives goes through the same admission as
 * the RPC's.
 */
export class TransactionGossip {
  readonly #network: Network;
  readonly #pool: TransactionPool;
  #batch: Uint8Array[] = [];
  #batchBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #lastFlushMs = Number.NEGATIVE_INFINITY;

  constructor(network: Network, pool: TransactionPool) {
    this.#network = network;
    this.#pool = pool;
    network.onDeparture(() => this.#flush());
    network.onMessage('tx', (message) => this.#onBatch(message));
    pool.onAdmitted((transaction, origin) => {
      if (origin === 'local') this.#add(transaction);
    });
  }

  stop(): void {
    this.#flush();
  }

  #add(transaction: EncodedTransaction): void {
    const size = transaction.bytes.length;
    if (
      this.#batchBytes + size > LIMITS.maxBatchBytes ||
      this.#batch.length >= LIMITS.maxTransactionsPerBatch
    )
      this.#flush();
    this.#batch.push(transaction.bytes);
    this.#batchBytes += size;
    if (this.#batchBytes >= LIMITS.maxBatchBytes) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#delayMs());
  }

  #delayMs(): number {
    const isBusy = performance.now() - this.#lastFlushMs < BUSY_WINDOW_MS;
    return isBusy ? LIMITS.maxBusyBatchDelayMs : LIMITS.maxBatchDelayMs;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#batch.length === 0) return;
    this.#lastFlushMs = performance.now();
    const bytes = encode(BatchType, this.#batch);
    this.#batch = [];
    this.#batchBytes = 0;
    this.#network.publish('tx', bytes);
  }

  async #onBatch(message: InboundMessage): Promise<Verdict> {
    let transactions: EncodedTransaction[];
    try {
      transactions = decode(BatchType, message.bytes, 'batch of transactions').map(decodeTransaction);
    } catch {
      return 'reject';
    }
    const outcomes = await Promise.allSettled(
      transactions.map((transaction) => this.#pool.admit(transaction, 'gossip')),
    );
    let accepted = false;
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') accepted = true;
      else if (PROVABLY_BAD.has(errorCode(outcome.reason) ?? '')) return 'reject';
    }
    return accepted ? 'accept' : 'ignore';
  }
}
