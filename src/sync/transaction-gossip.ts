import { ListCompositeType } from '@chainsafe/ssz';
import type { TransactionPool } from '../chain/transaction-pool.ts';
import type { Network } from '../network/contract.ts';
import type { InboundMessage, Verdict } from '../network/inbound-message.ts';
import { decode, encode } from '../types/ssz.ts';
import { type Address, Bytes, type Hash } from '../types/ssz-bytes.ts';
import { decodeTransaction, type EncodedTransaction } from '../types/transaction.ts';
import type { Clock } from '../util/clock.ts';
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

/** How long a transaction that was handed over may take to come back, before its node tells everyone itself. */
const HANDOVER_PATIENCE_MS = 2_000;

export interface TransactionGossipDeps {
  readonly network: Network;
  readonly pool: TransactionPool;
  /** The validator that passes on what all others have; undefined where everyone tells everyone. */
  readonly collector: () => Address | undefined;
  readonly clock: Clock;
}

/**
 * Spreads transactions in batches, never one message each: a batch leaves when it holds 64 KiB, when something else
 * leaves for the same peers, or when it is 100 ms old; a transaction above 64 KiB travels alone. In a large set a batch
 * goes to the collector, after 10 ms, which makes one batch of what all have handed to it; what does not come back from
 * there is published after all. What a block is about to name goes ahead of a batch at once. What arrives goes through
 * the same admission as the RPC's.
 */
export class TransactionGossip {
  readonly #deps: TransactionGossipDeps;
  #batch: EncodedTransaction[] = [];
  #batchBytes = 0;
  /** Whether the batch holds what others handed over: that is passed on to everyone, and handed over only once. */
  #holdsForeign = false;
  #timer: NodeJS.Timeout | undefined;
  /** What was handed over and has not come back, with the time when that is too late. */
  readonly #handedOver = new Map<
    Hash,
    { readonly transaction: EncodedTransaction; readonly dueMs: number }
  >();
  #patience: NodeJS.Timeout | undefined;

  constructor(deps: TransactionGossipDeps) {
    const { network, pool } = deps;
    this.#deps = deps;
    network.onDeparture((peers) => this.#join(peers));
    network.onMessage('tx', (message) => this.#onBatch(message, false));
    network.onMessage('handover', (message) => this.#onBatch(message, true));
    pool.onAdmitted((transaction, origin) => {
      if (origin === 'local') this.#add(transaction);
    });
  }

  /**
   * A block is about to name these transactions: those that only this node and the collector may have go to everyone
   * before it, so that nobody has to ask for them while the block waits.
   */
  reveal(ids: readonly Hash[]): void {
    const named = new Set(ids);
    const handedOver = ids.flatMap((id) => this.#handedOver.get(id)?.transaction ?? []);
    if (handedOver.length === 0 && !this.#batch.some(({ id }) => named.has(id))) return;
    this.#holdsForeign = true;
    for (const transaction of handedOver) {
      this.#handedOver.delete(transaction.id);
      this.#add(transaction, true);
    }
    this.#publish();
  }

  stop(): void {
    this.#publish();
    clearTimeout(this.#patience);
  }

  #add(transaction: EncodedTransaction, isForeign = false): void {
    const size = transaction.bytes.length;
    if (
      this.#batchBytes + size > LIMITS.maxBatchBytes ||
      this.#batch.length >= LIMITS.maxTransactionsPerBatch
    )
      this.#flush();
    this.#batch.push(transaction);
    this.#batchBytes += size;
    this.#holdsForeign ||= isForeign;
    if (this.#batchBytes >= LIMITS.maxBatchBytes) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#delayMs());
  }

  /** One message to the collector costs little, and it waits there for others: only one to everyone is worth a wait. */
  #delayMs(): number {
    return this.#receiver() === undefined ? LIMITS.maxBatchDelayMs : LIMITS.maxHandoverDelayMs;
  }

  /** To whom the batch is handed over; undefined if it goes to everyone. */
  #receiver(): Address | undefined {
    return this.#holdsForeign ? undefined : this.#deps.collector();
  }

  /** Frames leave for so many peers: an answer to one of them is no occasion to tell everyone something. */
  #join(peers: number): void {
    if (this.#batch.length > 0 && (peers > 1 || this.#receiver() !== undefined)) this.#flush();
  }

  #flush(): void {
    const receiver = this.#receiver();
    if (receiver === undefined || this.#batch.length === 0) {
      this.#publish();
      return;
    }
    const handedOver = this.#batch;
    if (!this.#deps.network.sendTo(receiver, 'handover', this.#encodeBatch())) {
      this.#publish();
      return;
    }
    this.#clear();
    const dueMs = this.#deps.clock.monotonicMs() + HANDOVER_PATIENCE_MS;
    for (const transaction of handedOver) this.#handedOver.set(transaction.id, { transaction, dueMs });
    this.#patience ??= setTimeout(() => this.#publishOverdue(), HANDOVER_PATIENCE_MS);
  }

  #publish(): void {
    if (this.#batch.length > 0) {
      this.#deps.network.publish('tx', this.#encodeBatch());
    }
    this.#clear();
  }

  #encodeBatch(): Uint8Array {
    return encode(
      BatchType,
      this.#batch.map(({ bytes }) => bytes),
    );
  }

  #clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#batch = [];
    this.#batchBytes = 0;
    this.#holdsForeign = false;
  }

  /** The collector may be slow, gone, or not willing: what it did not pass on in time goes to everyone. */
  #publishOverdue(): void {
    const now = this.#deps.clock.monotonicMs();
    let nextMs: number | undefined;
    for (const [id, { transaction, dueMs }] of this.#handedOver) {
      if (dueMs > now) {
        nextMs = dueMs;
        break; // in the order in which they were handed over
      }
      this.#handedOver.delete(id);
      // No longer pooled: it stands in a block, or was dropped for a reason.
      if (this.#deps.pool.get(id) !== undefined) this.#add(transaction, true);
    }
    this.#patience =
      nextMs === undefined ? undefined : setTimeout(() => this.#publishOverdue(), nextMs - now);
  }

  async #onBatch(message: InboundMessage, isHandover: boolean): Promise<Verdict> {
    let transactions: EncodedTransaction[];
    try {
      transactions = decode(BatchType, message.bytes, 'batch of transactions').map(decodeTransaction);
    } catch {
      return 'reject';
    }
    if (this.#handedOver.size > 0) for (const { id } of transactions) this.#handedOver.delete(id);
    const outcomes = await Promise.allSettled(
      transactions.map(async (transaction) => {
        // What is to be passed on does not wait: the next miner should have it before it closes its list.
        await this.#deps.pool.admit(transaction, 'gossip', !isHandover);
        if (isHandover) this.#add(transaction, true);
      }),
    );
    let accepted = false;
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') accepted = true;
      else if (PROVABLY_BAD.has(errorCode(outcome.reason) ?? '')) return 'reject';
    }
    return accepted ? 'accept' : 'ignore';
  }
}
