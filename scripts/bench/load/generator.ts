import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient } from '../../../src/client/client.ts';
import { toHex } from '../../../src/util/bytes.ts';
import { errorCode } from '../../../src/util/errors.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { deriveSenders } from '../../../testnet/identities.ts';
import { quantile } from '../../../testnet/load/tracker.ts';
import { median, type SeenBlock, sum } from '../arithmetic.ts';
import { Pacer } from '../pacer.ts';
import { type ArrivedBlock, BlockWatcher } from './block-watcher.ts';
import { type LoadOrder, type LoadReport, OVERDUE_MS } from './contract.ts';
import { Outbox, type Parcel } from './outbox.ts';
import { signTransfers } from './transfers.ts';

interface Target {
  readonly rpc: Client;
  readonly outbox: Outbox;
  requests: number;
}

const TICK_MS = 50;
const VALID_FOR_MS = 3_600_000;
const ADJUST_MS = 500;
/** What the pacer judges by: a few blocks, since the latency of one says little. */
const RECENT_MS = 4_000;
/** Requests to one node that wait for their answer; a node that is slower than that gets no more. */
const MAX_REQUESTS = 4;
/** Characters of hex in one request: below what a node reads, with room for the JSON around it. */
const MAX_REQUEST_CHARACTERS = LIMITS.maxRpcBodyBytes / 2;
/** What a second answer to the same transaction says after the first one was lost. */
const ACCEPTED_BEFORE: ReadonlySet<string> = new Set(['ALREADY_KNOWN', 'NONCE_TOO_LOW']);

/** Sends transactions that were signed before, at the pace of its order, and follows each to its block. */
export class LoadGenerator {
  readonly #order: LoadOrder;
  readonly #targets: readonly Target[];
  readonly #perRequest: number;
  readonly #operations: number;
  /** When the request left, of transactions that are in no block yet; the oldest first. */
  readonly #open = new Map<string, number>();
  readonly #blocks: SeenBlock[] = [];
  #latencies: number[] = [];
  #refusals = new Map<string, number>();
  #offered = 0;
  #accepted = 0;
  #overdue = 0;
  /** Latencies of the transactions of each block of the last seconds, the oldest first. */
  #recent: { readonly arrivedMs: number; readonly latencies: readonly number[] }[] = [];
  #ranOut = false;
  #failure: Error | undefined;

  private constructor(order: LoadOrder, targets: readonly Target[], perRequest: number) {
    this.#order = order;
    this.#targets = targets;
    this.#perRequest = perRequest;
    this.#operations = order.operationsPerTransaction;
  }

  /** Signs everything. */
  static prepare(order: LoadOrder): LoadGenerator {
    const { targets, senders, sendersBefore, transactions } = order;
    const signed = signTransfers(order, {
      senders: deriveSenders(order.seed, sendersBefore + senders).slice(sendersBefore),
      count: transactions,
      operations: order.operationsPerTransaction,
      validUntilMs: Date.now() + VALID_FOR_MS,
    }).map(({ id, bytes }) => ({ txId: id, text: `0x${toHex(bytes)}` }));
    const bySender = Array.from({ length: senders }, (_, sender) =>
      signed.filter((_, index) => index % senders === sender),
    );
    const longest = signed.reduce((longest, { text }) => Math.max(longest, text.length), 0);
    const perRequest = Math.min(LIMITS.maxPageItems, Math.floor(MAX_REQUEST_CHARACTERS / longest));
    return new LoadGenerator(
      order,
      targets.map((url, target) => ({
        rpc: createClient(url),
        // Each sender keeps to one node, so that its transactions arrive in order.
        outbox: new Outbox(bySender.filter((_, sender) => sender % targets.length === target)),
        requests: 0,
      })),
      perRequest,
    );
  }

  /** Warms up, then calls `onBegin`, measures, calls `onEnd` and returns what was measured. */
  async run(onBegin: () => void, onEnd: () => void): Promise<LoadReport> {
    const { watched, warmupMs, measureMs } = this.#order;
    const watcher = await BlockWatcher.open(
      watched,
      (block) => this.#onBlock(block),
      (error) => {
        this.#failure ??= error;
      },
    );
    try {
      const send = this.#send();
      await this.#during(warmupMs, send);
      const beginMs = performance.now();
      const cpuBefore = process.cpuUsage();
      this.#latencies = [];
      this.#refusals = new Map();
      this.#offered = 0;
      this.#accepted = 0;
      onBegin();
      await this.#during(measureMs, send);
      onEnd();
      return this.#report(beginMs, process.cpuUsage(cpuBefore));
    } finally {
      watcher.close();
    }
  }

  #report(beginMs: number, cpu: NodeJS.CpuUsage): LoadReport {
    const latencies = [...this.#latencies].sort((a, b) => a - b);
    return {
      blocks: this.#blocks.filter(({ arrivedMs }) => arrivedMs >= beginMs),
      committedTransactions: sum(this.#blocks.map(({ transactions }) => transactions)),
      latency: {
        p50: quantile(latencies, 0.5),
        p99: quantile(latencies, 0.99),
        max: quantile(latencies, 1),
      },
      offered: this.#offered,
      accepted: this.#accepted,
      refusals: Object.fromEntries(this.#refusals),
      overdue: this.#overdue,
      ranOut: this.#ranOut,
      generatorCpuSeconds: (cpu.user + cpu.system) / 1e6,
    };
  }

  /** Lets `step` run in each tick of a span of time. */
  async #during(spanMs: number, step: (nowMs: number) => void): Promise<void> {
    for (const endMs = performance.now() + spanMs; performance.now() < endMs; await sleep(TICK_MS)) {
      if (this.#failure !== undefined) throw this.#failure;
      step(performance.now());
    }
  }

  /** What each tick does: sends what is due since the last one to the node whose turn it is. */
  #send(): (nowMs: number) => void {
    const { pace, transactions, warmupMs, measureMs } = this.#order;
    const maxRate = (transactions * 1000) / (warmupMs + measureMs);
    const pacer = pace.kind === 'adaptive' ? new Pacer({ ...pace, maxRate }) : undefined;
    let lastMs = performance.now();
    let adjustedMs = lastMs;
    let due = 0;
    let turn = 0;
    return (nowMs) => {
      if (nowMs - adjustedMs >= ADJUST_MS) {
        adjustedMs = nowMs;
        pacer?.adjust({ recentMs: this.#recentMs(nowMs), oldestOpenMs: this.#oldestOpenMs(nowMs) });
      }
      const rate = pacer?.rate ?? (pace.kind === 'fixed' ? pace.rate : 0);
      // What a full node did not take is not owed: a backlog here would become a burst later.
      due = Math.min(due + (rate * (nowMs - lastMs)) / 1000, rate);
      lastMs = nowMs;
      for (let tried = 0; tried < this.#targets.length && due >= 1; tried++) {
        const target = this.#targets[turn++ % this.#targets.length] as Target;
        if (target.requests >= MAX_REQUESTS) continue;
        const parcel = target.outbox.take(Math.min(Math.floor(due), this.#perRequest));
        if (parcel.entries.length === 0) continue;
        due -= parcel.entries.length;
        void this.#post(target, parcel);
      }
      this.#ranOut ||= this.#targets.every(({ outbox }) => outbox.isEmpty);
    };
  }

  async #post(target: Target, parcel: Parcel): Promise<void> {
    const sentMs = performance.now();
    target.requests++;
    this.#offered += parcel.entries.length;
    for (const { prepared } of parcel.entries) this.#open.set(prepared.txId, sentMs);
    const refusals = await refusalsOf(target.rpc, parcel);
    target.requests--;
    for (const [position, { prepared }] of parcel.entries.entries()) {
      const reason = refusals[position];
      if (reason === undefined) {
        this.#accepted++;
        continue;
      }
      this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + 1);
      this.#open.delete(prepared.txId);
    }
    target.outbox.settle(parcel, (position) => {
      const reason = refusals[position];
      return reason !== undefined && !ACCEPTED_BEFORE.has(reason);
    });
  }

  #recentMs(nowMs: number): number {
    this.#recent = this.#recent.filter(({ arrivedMs }) => nowMs - arrivedMs < RECENT_MS);
    const latencies = this.#recent.flatMap(({ latencies }) => latencies);
    return latencies.length === 0 ? 0 : median(latencies);
  }

  #oldestOpenMs(nowMs: number): number {
    for (const [txId, sentMs] of this.#open) {
      if (nowMs - sentMs < OVERDUE_MS) return nowMs - sentMs;
      this.#open.delete(txId);
      this.#overdue++;
    }
    return 0;
  }

  #onBlock({ height, timeMs, arrivedMs, txIds }: ArrivedBlock): void {
    const latencies: number[] = [];
    for (const txId of txIds) {
      const sentMs = this.#open.get(txId);
      if (sentMs !== undefined) latencies.push(arrivedMs - sentMs);
      this.#open.delete(txId);
    }
    if (latencies.length > 0) this.#recent.push({ arrivedMs, latencies });
    for (const latency of latencies) this.#latencies.push(latency);
    const transactions = txIds.length;
    const operations = transactions * this.#operations;
    this.#blocks.push({ height, timeMs, arrivedMs, transactions, operations });
  }
}

/** Why the node refused each transaction; undefined where it accepted. */
async function refusalsOf(rpc: Client, { entries }: Parcel): Promise<(string | undefined)[]> {
  try {
    const transactions = entries.map(({ prepared }) => prepared.text);
    const { items } = await rpc.call('tx_sendMany', { transactions });
    return items.map(({ error }) => error?.data.reason);
  } catch (error) {
    return entries.map(() => errorCode(error) ?? 'NOT_REACHABLE');
  }
}
