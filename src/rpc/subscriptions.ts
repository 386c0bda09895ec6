import { randomUUID } from 'node:crypto';
import { LEDGERS } from '../types/names.ts';
import { statusName } from '../types/operations/catalogs.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import { LIMITS } from '../util/limits.ts';
import { rpcError } from './errors.ts';
import { peerEventView, roundView } from './inspection-views.ts';
import { workerView } from './miner-views.ts';
import type { ChainPort, StoredBlock } from './ports/chain.ts';
import type { ConsensusPort } from './ports/consensus.ts';
import type { MinerPort, WorkerView } from './ports/miner.ts';
import type { NetworkPort } from './ports/network.ts';
import type { PoolEntry, PoolPort } from './ports/pool.ts';
import type { SubscriptionTopic } from './schema/meta.ts';
import { addressText, hash0x, rfc3339 } from './text-forms.ts';
import { watchWorkers } from './worker-watch.ts';

/** One event of one subscription; `content` is the text of a JSON member, `"data":…` or `"lagged":…`. */
export interface Notice {
  readonly id: string;
  readonly topic: SubscriptionTopic;
  readonly seq: number;
  readonly content: string;
}

/** Where the notices of one connection go. */
export interface NoticeSink {
  send(text: string): void;
  /** Bytes that the reader has not taken yet. */
  unreadBytes(): number;
  /** Makes the text of a notice; by default a JSON-RPC notification. */
  readonly form?: (notice: Notice) => string;
}

/** What a session may do with subscriptions. */
export interface SubscriptionDoor {
  /** The id of a new subscription. @throws NodeError TOO_MANY_SUBSCRIPTIONS */
  subscribe(topic: SubscriptionTopic): string;
  /** Whether there was such a subscription. */
  unsubscribe(id: string): boolean;
  close(): void;
}

interface Subscription {
  readonly id: string;
  readonly topic: SubscriptionTopic;
  readonly sink: NoticeSink;
  /** Events so far, dropped ones included. */
  seq: number;
  dropped: number;
}

/** Where what is told comes from. */
export interface SubscribedPorts {
  readonly chain: Pick<ChainPort, 'onCommit'>;
  readonly pool: Pick<PoolPort, 'onAdmitted' | 'onDrop'>;
  readonly consensus: Pick<ConsensusPort, 'onRound'>;
  readonly network: Pick<NetworkPort, 'onPeerEvent'>;
  readonly miner: Pick<MinerPort, 'workers'>;
}

/** Above this a reader counts as slow, and its notices are dropped and counted until it has caught up. */
const SLOW_READER_BYTES = 1024 * 1024;

/**
 * Sends what happens to all who asked for it. An event is made into text once, whatever the number of readers; a slow
 * reader costs a counter, and learns with its next notice how many it missed.
 */
export class SubscriptionHub {
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #stops: readonly (() => void)[];

  constructor({ chain, pool, consensus, network, miner }: SubscribedPorts) {
    this.#stops = [
      watchWorkers(miner.workers, (changed) => this.#publish('scheduler', () => schedulerNotice(changed))),
      chain.onCommit((block) => {
        this.#publish('newHeads', () => headNotice(block));
        this.#publish('receipts', () => receiptsNotice(block));
      }),
      pool.onAdmitted((transaction, origin) =>
        this.#publish('newPendingTransactions', () => pendingNotice(transaction, origin)),
      ),
      pool.onDrop(({ txId, reason, atMs }) =>
        this.#publish('droppedTransactions', () => ({ txId: hash0x(txId), reason, at: rfc3339(atMs) })),
      ),
      consensus.onRound((event) =>
        this.#publish('consensus', () => ({ height: event.height, ...roundView(event) })),
      ),
      network.onPeerEvent((event) => this.#publish('peers', () => peerEventView(event))),
    ];
  }

  /** The door of one connection; closing it ends its subscriptions. */
  open(sink: NoticeSink): SubscriptionDoor {
    const own = new Set<string>();
    return {
      subscribe: (topic) => {
        if (own.size >= LIMITS.maxSubscriptionsPerConnection)
          throw rpcError('TOO_MANY_SUBSCRIPTIONS', 'this connection has too many subscriptions', {
            data: { max: LIMITS.maxSubscriptionsPerConnection },
          });
        const id = randomUUID();
        own.add(id);
        this.#subscriptions.set(id, { id, topic, sink, seq: 0, dropped: 0 });
        return id;
      },
      unsubscribe: (id) => own.delete(id) && this.#subscriptions.delete(id),
      close: () => {
        for (const id of own) this.#subscriptions.delete(id);
        own.clear();
      },
    };
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#subscriptions.clear();
  }

  #publish(topic: SubscriptionTopic, makeData: () => unknown): void {
    let data: string | undefined;
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.topic !== topic) continue;
      const seq = subscription.seq++;
      if (subscription.sink.unreadBytes() > SLOW_READER_BYTES) {
        subscription.dropped++;
        continue;
      }
      const { id, dropped, sink } = subscription;
      const form = sink.form ?? notification;
      if (dropped > 0) sink.send(form({ id, topic, seq, content: `"lagged":${dropped}` }));
      subscription.dropped = 0;
      data ??= JSON.stringify(makeData());
      sink.send(form({ id, topic, seq, content: `"data":${data}` }));
    }
  }
}

function notification({ id, seq, content }: Notice): string {
  return `{"jsonrpc":"2.0","method":"meta_subscription","params":{"subscription":"${id}","seq":${seq},${content}}}`;
}

function headNotice({ height, hash, block, certificate }: StoredBlock) {
  const { header } = block;
  return {
    height,
    hash: hash0x(hash),
    time: rfc3339(header.timeMs),
    timeMs: header.timeMs,
    stateRoot: hash0x(header.stateRoot),
    receiptsRoot: hash0x(header.receiptsRoot),
    round: certificate.round,
    txCounts: Object.fromEntries(LEDGERS.map((ledger, i) => [ledger, block.transactions[i]?.length ?? 0])),
  };
}

function receiptsNotice({ height, hash, receipts }: StoredBlock) {
  return {
    height,
    hash: hash0x(hash),
    receipts: receipts.sections.flat().map(({ ledger, txId, index, status }) => ({
      ledger,
      txId: hash0x(txId),
      index,
      status: statusName(ledger, status),
    })),
  };
}

function schedulerNotice(changed: readonly WorkerView[]) {
  return { workers: changed.map((worker) => ({ ledger: worker.ledger, ...workerView(worker) })) };
}

function pendingNotice({ id, value }: EncodedTransaction, origin: PoolEntry['origin']) {
  const { ledger, sender, nonce } = value.body;
  return { txId: hash0x(id), ledger, sender: addressText(sender), nonce: nonce.toString(), origin };
}
