import { LEDGERS, type LedgerName } from '../types/names.ts';
import { statusName } from '../types/operations/catalogs.ts';
import type { ConsensusNews } from '../types/round-state.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import { type AlertPorts, AlertWatch } from './alert-watch.ts';
import { containerNotices } from './container-notices.ts';
import { watchGossip } from './gossip-watch.ts';
import { peerEventView, roundView } from './inspection-views.ts';
import { workerView } from './miner-views.ts';
import type { ChainPort, StoredBlock } from './ports/chain.ts';
import type { ConsensusPort } from './ports/consensus.ts';
import type { MinerPort, WorkerView } from './ports/miner.ts';
import type { NetworkPort } from './ports/network.ts';
import type { PoolEntry, PoolPort } from './ports/pool.ts';
import { candidatesOf, matching } from './receipt-matching.ts';
import type { Filter } from './schema/filters.ts';
import type { SubscriptionTopic } from './schema/meta.ts';
import type { NoticeData } from './schema/notices.ts';
import { addressText, hash0x, rfc3339 } from './text-forms.ts';
import { isAmong } from './topic-filter.ts';
import type { TopicSource } from './topic-source.ts';
import { watchWorkers } from './worker-watch.ts';

export type TopicSources = {
  readonly [Topic in SubscriptionTopic]: TopicSource<NoticeData<Topic>, Filter<Topic>>;
};

/** What the topics look at. */
interface SubscribedPorts extends AlertPorts {
  readonly chain: AlertPorts['chain'] & Pick<ChainPort, 'onCommit'>;
  readonly pool: Pick<PoolPort, 'onAdmitted' | 'onDrop'>;
  readonly consensus: AlertPorts['consensus'] & Pick<ConsensusPort, 'onRound' | 'onNews'>;
  readonly network: AlertPorts['network'] & Pick<NetworkPort, 'onPeerEvent' | 'watchMessages'>;
  readonly miner: Pick<MinerPort, 'workers'>;
}

/** The source of every topic. */
export function topicSources(ports: SubscribedPorts): TopicSources {
  const { chain, pool, consensus, network, miner, clock } = ports;
  const alerts = new AlertWatch(ports);
  return {
    newHeads: { follow: (tell) => chain.onCommit((block) => tell(() => headNotice(block))) },
    receipts: {
      follow: (tell, filter) =>
        chain.onCommit((block) => {
          if (filter === undefined) {
            tell(() => receiptsNotice(block));
            return;
          }
          const receipts = fittingReceipts(block, filter);
          if (receipts.length > 0) tell(() => ({ height: block.height, hash: hash0x(block.hash), receipts }));
        }),
    },
    newPendingTransactions: {
      follow: (tell, filter) =>
        pool.onAdmitted((transaction, origin) => {
          const { ledger, sender } = transaction.value.body;
          if (!isAmong(filter?.ledgers, ledger) || (filter?.sender ?? sender) !== sender) return;
          tell(() => pendingNotice(transaction, origin));
        }),
    },
    droppedTransactions: {
      follow: (tell, filter) =>
        pool.onDrop(({ txId, reason, atMs }) => {
          if (isAmong(filter?.reasons, reason))
            tell(() => ({ txId: hash0x(txId), reason, at: rfc3339(atMs) }));
        }),
    },
    consensus: {
      follow: (tell, filter) => {
        const stops = [
          consensus.onNews((news) => {
            if (isAmong(filter?.kinds, news.kind)) tell(() => newsNotice(news));
          }),
          consensus.onRound((event) => {
            if (isAmong(filter?.kinds, 'round'))
              tell(() => ({ kind: 'round', height: event.height, ...roundView(event) }));
          }),
        ];
        return () => {
          for (const stop of stops) stop();
        };
      },
    },
    peers: {
      follow: (tell, filter) =>
        network.onPeerEvent((event) => {
          const { kind, peerId } = event;
          if (isAmong(filter?.kinds, kind) && (filter?.peerId ?? peerId) === peerId)
            tell(() => peerEventView(event));
        }),
    },
    scheduler: {
      follow: (tell, filter) =>
        watchWorkers(miner.workers, (changed) => {
          const wanted = changed.filter(({ ledger }) => isAmong(filter?.ledgers, ledger));
          if (wanted.length > 0) tell(() => schedulerNotice(wanted));
        }),
    },
    gossip: { follow: (tell, filter) => watchGossip(network, clock, tell, filter) },
    containers: {
      follow: (tell, filter) =>
        chain.onCommit((block) => {
          for (const notice of containerNotices(block, filter)) tell(() => notice);
        }),
    },
    alerts: {
      follow: (tell, filter) =>
        (filter === undefined ? alerts : new AlertWatch(ports)).follow((change) => {
          if (isAmong(filter?.severities, change.severity)) tell(() => change);
        }),
      current: (filter) => (filter === undefined ? alerts.raised() : []),
    },
  };
}

/** The receipts of a block that fit, on one line each. */
function fittingReceipts(block: StoredBlock, filter: Filter<'receipts'>) {
  return candidatesOf(block).flatMap((candidate) => {
    const view = matching(candidate, filter);
    if (view === undefined) return [];
    const { ledger, txId, index, status } = view;
    return [{ ledger, txId, index, status }];
  });
}

function headNotice({ height, hash, block, certificate }: StoredBlock): NoticeData<'newHeads'> {
  const { header } = block;
  return {
    height,
    hash: hash0x(hash),
    time: rfc3339(header.timeMs),
    timeMs: header.timeMs,
    stateRoot: hash0x(header.stateRoot),
    receiptsRoot: hash0x(header.receiptsRoot),
    round: certificate.round,
    txCounts: Object.fromEntries(
      LEDGERS.map((ledger, i) => [ledger, block.transactions[i]?.length ?? 0]),
    ) as Record<LedgerName, number>,
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

function newsNotice(news: ConsensusNews): NoticeData<'consensus'> {
  return news.kind === 'vote' ? { ...news, validator: addressText(news.validator) } : news;
}

function schedulerNotice(changed: readonly WorkerView[]) {
  return { workers: changed.map((worker) => ({ ledger: worker.ledger, ...workerView(worker) })) };
}

function pendingNotice({ id, value }: EncodedTransaction, origin: PoolEntry['origin']) {
  const { ledger, sender, nonce } = value.body;
  return { txId: hash0x(id), ledger, sender: addressText(sender), nonce: nonce.toString(), origin };
}
