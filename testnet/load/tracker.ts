import type { LedgerName } from '../../src/types/names.ts';
import type { PreparedTransaction } from './plan.ts';

/** What became of one transaction that a node accepted. */
interface Tracked {
  readonly transaction: PreparedTransaction;
  readonly sentMs: number;
  /** Name of the node that accepted it. */
  readonly node: string;
  finalMs?: number;
  status?: string;
  /** In how many blocks it stands: more than one is a fault. */
  receipts: number;
  dropReason?: string;
  /** It still stands in the pool, for example behind a nonce that was refused. */
  isPooled?: boolean;
}

export interface OperationOutcome {
  readonly ledger: LedgerName;
  readonly operation: string;
  ok: number;
  failed: number;
  /** How often each status was met. */
  readonly statuses: Record<string, number>;
}

export interface LoadReport {
  readonly planned: number;
  readonly accepted: number;
  readonly refused: number;
  /** Why nodes refused transactions, and how often. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly final: number;
  readonly dropped: number;
  /** Accepted, and still in the pool of the node that took it. */
  readonly pooled: number;
  /** Accepted, but no receipt, no recorded drop and no place in the pool was found. */
  readonly lost: number;
  /** Accepted, with more than one receipt. */
  readonly repeated: number;
  /** Receipts whose status is not the one that was planned. */
  readonly unexpected: number;
  readonly unexpectedStatuses: readonly string[];
  readonly failedShare: number;
  readonly finalPerSecond: number;
  readonly latencyMs: {
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly max: number;
  };
  readonly operations: readonly OperationOutcome[];
}

const MAX_UNEXPECTED_EXAMPLES = 20;

/** Follows every transaction of a load from its acceptance to its receipt. Times are monotonic milliseconds. */
export class Tracker {
  readonly #tracked = new Map<string, Tracked>();
  readonly #refusals = new Map<string, number>();
  readonly #waiting = new Map<string, (status: string) => void>();
  #planned = 0;
  #refused = 0;
  #open = 0;

  /** Accepted transactions that are neither final nor dropped. */
  get open(): number {
    return this.#open;
  }

  get final(): number {
    return this.#tracked.size - this.#open;
  }

  plan(count: number): void {
    this.#planned += count;
  }

  /** Notes that a transaction is on its way; the answer to `send` may come after its receipt. */
  onSent(transaction: PreparedTransaction, node: string, nowMs: number): void {
    if (this.#tracked.has(transaction.txId)) return;
    this.#tracked.set(transaction.txId, { transaction, sentMs: nowMs, node, receipts: 0 });
    this.#open++;
  }

  onRefused(transaction: PreparedTransaction, reason: string): void {
    const tracked = this.#tracked.get(transaction.txId);
    if (tracked !== undefined && tracked.receipts > 0) return;
    if (tracked !== undefined) {
      this.#tracked.delete(transaction.txId);
      this.#open--;
    }
    this.#refused++;
    this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + 1);
    this.#settle(transaction.txId, `refused: ${reason}`);
  }

  /** A receipt in a block that is final. */
  onReceipt(txId: string, status: string, nowMs: number): void {
    const tracked = this.#tracked.get(txId);
    if (tracked === undefined) return;
    if (tracked.receipts++ > 0) return;
    tracked.finalMs = nowMs;
    tracked.status = status;
    if (tracked.dropReason === undefined) this.#open--;
    this.#settle(txId, status);
  }

  onDropped(txId: string, reason: string): void {
    const tracked = this.#tracked.get(txId);
    if (tracked === undefined || tracked.dropReason !== undefined || tracked.receipts > 0) return;
    tracked.dropReason = reason;
    this.#open--;
    this.#settle(txId, `dropped: ${reason}`);
  }

  onPooled(txId: string): void {
    const tracked = this.#tracked.get(txId);
    if (tracked !== undefined) tracked.isPooled = true;
  }

  /** The status of the receipt, or `refused: …` or `dropped: …`, as soon as it is known. */
  outcome(txId: string): Promise<string> {
    return new Promise((resolve) => this.#waiting.set(txId, resolve));
  }

  #settle(txId: string, status: string): void {
    this.#waiting.get(txId)?.(status);
    this.#waiting.delete(txId);
  }

  /** Transactions whose end is not known, with the node that took them. */
  unsettled(): { txId: string; node: string }[] {
    return [...this.#tracked.values()]
      .filter(isOpen)
      .map(({ transaction, node }) => ({ txId: transaction.txId, node }));
  }

  /** When the transaction was sent that has waited longest for its end; `nowMs` if none waits. */
  oldestOpenMs(nowMs: number): number {
    let oldestMs = nowMs;
    for (const tracked of this.#tracked.values())
      if (isOpen(tracked)) oldestMs = Math.min(oldestMs, tracked.sentMs);
    return oldestMs;
  }

  report(): LoadReport {
    const all = [...this.#tracked.values()];
    const final = all.filter((tracked) => tracked.receipts > 0);
    const open = all.filter(isOpen);
    const latencies = final.map(({ finalMs, sentMs }) => (finalMs as number) - sentMs).sort((a, b) => a - b);
    const unexpected = final.filter(({ transaction, status }) => status !== transaction.expected);
    const failed = final.filter(({ status }) => status !== 'OK').length;
    return {
      planned: this.#planned,
      accepted: all.length,
      refused: this.#refused,
      refusals: Object.fromEntries(this.#refusals),
      final: final.length,
      dropped: all.filter(({ receipts, dropReason }) => receipts === 0 && dropReason !== undefined).length,
      pooled: open.filter(({ isPooled }) => isPooled === true).length,
      lost: open.filter(({ isPooled }) => isPooled !== true).length,
      repeated: all.filter(({ receipts }) => receipts > 1).length,
      unexpected: unexpected.length,
      unexpectedStatuses: unexpected
        .slice(0, MAX_UNEXPECTED_EXAMPLES)
        .map(
          ({ transaction: { operation, expected, txId }, status }) =>
            `${operation} ${status}, not ${expected}: 0x${txId}`,
        ),
      failedShare: final.length === 0 ? 0 : failed / final.length,
      finalPerSecond: ratePerSecond(final),
      latencyMs: {
        p50: quantile(latencies, 0.5),
        p90: quantile(latencies, 0.9),
        p99: quantile(latencies, 0.99),
        max: quantile(latencies, 1),
      },
      operations: outcomesByOperation(final),
    };
  }
}

function isOpen({ receipts, dropReason }: Tracked): boolean {
  return receipts === 0 && dropReason === undefined;
}

/** Final transactions a second, from the first that was sent to the last that became final. */
function ratePerSecond(final: readonly Tracked[]): number {
  const firstMs = Math.min(...final.map(({ sentMs }) => sentMs));
  const lastMs = Math.max(...final.map(({ finalMs }) => finalMs as number));
  return final.length === 0 || lastMs <= firstMs ? 0 : (final.length * 1_000) / (lastMs - firstMs);
}

/** The nearest-rank quantile of a sorted list; 0 of an empty one. */
export function quantile(sorted: readonly number[], share: number): number {
  return Math.round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
}

function outcomesByOperation(final: readonly Tracked[]): OperationOutcome[] {
  const outcomes = new Map<string, OperationOutcome>();
  for (const { transaction, status } of final) {
    const { ledger, operation } = transaction;
    const key = `${ledger} ${operation}`;
    const outcome = outcomes.get(key) ?? { ledger, operation, ok: 0, failed: 0, statuses: {} };
    outcomes.set(key, outcome);
    if (status === 'OK') outcome.ok++;
    else outcome.failed++;
    outcome.statuses[status as string] = (outcome.statuses[status as string] ?? 0) + 1;
  }
  return [...outcomes.values()].sort((a, b) => (a.ledger + a.operation < b.ledger + b.operation ? -1 : 1));
}
