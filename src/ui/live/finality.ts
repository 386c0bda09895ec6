import { appended, BoundedMap, quantile } from './bounded.ts';
import type { LiveSocket } from './socket.ts';
import { Store } from './store.ts';

/** Times to finality that the page has seen, in milliseconds. */
export interface Finality {
  readonly count: number;
  readonly p50: number | undefined;
  readonly p95: number | undefined;
}

const MAX_PENDING = 4_000;
const MAX_MEASURED = 500;

/** Measures how long transactions take from their admission to this node's pool to their receipt, as the page hears of both. */
export class FinalityMeter {
  readonly finality = new Store<Finality>({ count: 0, p50: undefined, p95: undefined });
  readonly #pending = new BoundedMap<string, number>(MAX_PENDING);
  readonly #nowMs: () => number;
  #measured: readonly number[] = [];

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  follow(socket: LiveSocket): void {
    socket.subscribe('newPendingTransactions', {
      onData: ({ txId }) => this.onPending(txId),
    });
    socket.subscribe('receipts', {
      onData: ({ receipts }) => this.onReceipts(receipts.map(({ txId }) => txId)),
    });
  }

  onPending(txId: string): void {
    this.#pending.set(txId, this.#nowMs());
  }

  onReceipts(txIds: readonly string[]): void {
    const nowMs = this.#nowMs();
    for (const txId of txIds) {
      const sinceMs = this.#pending.take(txId);
      if (sinceMs !== undefined) this.#measured = appended(this.#measured, nowMs - sinceMs, MAX_MEASURED);
    }
    this.finality.set({
      count: this.#measured.length,
      p50: quantile(this.#measured, 0.5),
      p95: quantile(this.#measured, 0.95),
    });
  }
}
