import { flag, type Metric, type MetricSources, type Sample, single } from './metric.ts';

function samplesOf<Name extends string>(
  label: string,
  entries: readonly (readonly [Name, number])[],
): readonly Sample[] {
  return entries.map(([name, value]) => ({ labels: { [label]: name }, value }));
}

/** What counts of the own validator; undefined on a node that has none. */
function ownParticipation({ ports: { consensus, bpci } }: MetricSources) {
  return consensus.self === undefined ? undefined : bpci.participation(consensus.self);
}

/** The chain as this node has it. */
const HEAD_METRICS: readonly Metric[] = [
  {
    name: 'metanode_chain_height',
    kind: 'gauge',
    help: 'Height of the last block of this node.',
    read: ({ ports }) => single(ports.chain.head().height),
  },
  {
    name: 'metanode_chain_head_time_seconds',
    kind: 'gauge',
    help: 'Time of the last block, Unix time.',
    read: ({ ports }) => single(ports.chain.head().timeMs / 1000),
  },
  {
    name: 'metanode_chain_target_height',
    kind: 'gauge',
    help: 'The highest that peers have shown.',
    read: ({ ports }) => single(ports.sync.status().targetHeight),
  },
  {
    name: 'metanode_chain_syncing',
    kind: 'gauge',
    help: '1 while the node fetches blocks that others decided.',
    read: ({ ports }) => flag(ports.sync.status().syncing),
  },
  {
    name: 'metanode_chain_head_seals',
    kind: 'gauge',
    help: 'Seals in the certificate of the last block.',
    read: ({ ports }) => single(ports.chain.head().certificate?.seals.length),
  },
  {
    name: 'metanode_chain_blocks_total',
    kind: 'counter',
    help: 'Blocks that this process committed.',
    read: ({ counts }) => single(counts.blocks),
  },
  {
    name: 'metanode_chain_transactions_total',
    kind: 'counter',
    help: 'Transactions in these blocks.',
    labels: ['ledger'],
    read: ({ counts }) => samplesOf('ledger', counts.transactions.entries()),
  },
  {
    name: 'metanode_chain_bad_blocks',
    kind: 'gauge',
    help: 'Candidates that the node refused and still remembers (debug_getBadBlocks).',
    read: ({ ports }) => single(ports.chain.badBlocks().length),
  },
  {
    name: 'metanode_economy_gas_price',
    kind: 'gauge',
    help: 'What gas costs in the next block, in micro-FLX.',
    read: ({ ports }) => single(Number(ports.economy.gas().price)),
  },
];

/** How blocks come to be decided, as this node sees it. */
const CONSENSUS_METRICS: readonly Metric[] = [
  {
    name: 'metanode_consensus_height',
    kind: 'gauge',
    help: 'The height that is being decided.',
    read: ({ ports }) => single(ports.consensus.roundState().height),
  },
  {
    name: 'metanode_consensus_round',
    kind: 'gauge',
    help: 'Its round; above 0 a proposer has failed.',
    read: ({ ports }) => single(ports.consensus.roundState().round),
  },
  {
    name: 'metanode_consensus_height_seconds',
    kind: 'gauge',
    help: 'For how long that height has been going on; 0 while there is nothing to decide.',
    read: ({ ports }) => single((ports.consensus.running()?.heightForMs ?? 0) / 1000),
  },
  {
    name: 'metanode_consensus_rounds_total',
    kind: 'counter',
    help: 'Rounds that ended.',
    labels: ['outcome'],
    read: ({ counts }) => samplesOf('outcome', counts.rounds.entries()),
  },
  {
    name: 'metanode_consensus_round_seconds_total',
    kind: 'counter',
    help: 'How long these rounds lasted, added up.',
    labels: ['outcome'],
    read: ({ counts }) => samplesOf('outcome', counts.roundSeconds.entries()),
  },
  {
    name: 'metanode_consensus_validators',
    kind: 'gauge',
    help: 'Validators that decide the next block.',
    read: ({ ports }) => single(ports.consensus.validators().size),
  },
  {
    name: 'metanode_consensus_quorum',
    kind: 'gauge',
    help: 'How many of them it takes.',
    read: ({ ports }) => single(ports.consensus.validators().quorum),
  },
  {
    name: 'metanode_consensus_validators_absent',
    kind: 'gauge',
    help: 'Validators that this node has no connection with.',
    read: ({ ports }) =>
      single(
        ports.network.validatorPeers().filter(({ state }) => state !== 'self' && state !== 'connected')
          .length,
      ),
  },
  {
    name: 'metanode_consensus_may_vote',
    kind: 'gauge',
    help: '1 if this node is a validator and signs; 0 for an observer, and for a validator that only watches.',
    read: ({ ports }) => flag(ports.consensus.mayVote()),
  },
  {
    name: 'metanode_consensus_own_seals_total',
    kind: 'counter',
    help: 'Certificates on the chain that the own validator sealed, since genesis.',
    read: (sources) => single(ownParticipation(sources)?.seals),
  },
  {
    name: 'metanode_consensus_own_missed_total',
    kind: 'counter',
    help: 'Certificates on the chain that lack its seal.',
    read: (sources) => single(ownParticipation(sources)?.missed),
  },
  {
    name: 'metanode_consensus_evidence_pending',
    kind: 'gauge',
    help: 'Validators that this node can prove to have contradicted themselves, and no block says so yet.',
    read: ({ ports }) => single(ports.consensus.pendingEvidence().length),
  },
  {
    name: 'metanode_consensus_evidence_applied',
    kind: 'gauge',
    help: 'Offences that blocks within evidence age have punished.',
    read: ({ ports }) => single(ports.consensus.appliedEvidence().length),
  },
];

/** What waits, and who mines it. */
const TRANSACTION_METRICS: readonly Metric[] = [
  {
    name: 'metanode_mempool_transactions',
    kind: 'gauge',
    help: 'Transactions in the pool; queued ones wait for an earlier nonce of their sender.',
    labels: ['ledger', 'state'],
    read: ({ ports }) =>
      ports.pool.status().ledgers.flatMap(({ ledger, pooled, queued }) => [
        { labels: { ledger, state: 'pooled' }, value: pooled },
        { labels: { ledger, state: 'queued' }, value: queued },
      ]),
  },
  {
    name: 'metanode_mempool_max_transactions',
    kind: 'gauge',
    help: 'How many there can be in all.',
    read: ({ ports }) => single(ports.pool.status().maxTransactions),
  },
  {
    name: 'metanode_mempool_bytes',
    kind: 'gauge',
    help: 'Size of all transactions in the pool.',
    read: ({ ports }) => single(ports.pool.status().bytes),
  },
  {
    name: 'metanode_mempool_max_bytes',
    kind: 'gauge',
    help: 'How large the pool can become.',
    read: ({ ports }) => single(ports.pool.status().maxBytes),
  },
  {
    name: 'metanode_mempool_admitted_total',
    kind: 'counter',
    help: 'Transactions that came into the pool, from own clients or from peers.',
    labels: ['origin'],
    read: ({ counts }) => samplesOf('origin', counts.admitted.entries()),
  },
  {
    name: 'metanode_mempool_dropped_total',
    kind: 'counter',
    help: 'Transactions that left it without a receipt.',
    labels: ['reason'],
    read: ({ counts }) => samplesOf('reason', counts.dropped.entries()),
  },
  {
    name: 'metanode_mining_sections_total',
    kind: 'counter',
    help: 'Own sections by what became of them: all that were MINED, and of these INCLUDED, FINAL, LOST.',
    labels: ['ledger', 'fate'],
    read: ({ ports: { miner } }) =>
      (miner.workers?.views() ?? []).flatMap(({ ledger, counts }) =>
        Object.entries(counts).map(([fate, value]) => ({ labels: { ledger, fate }, value })),
      ),
  },
  {
    name: 'metanode_mining_failures_total',
    kind: 'counter',
    help: 'Sections that a worker could not make.',
    labels: ['ledger'],
    read: ({ ports: { miner } }) =>
      (miner.workers?.views() ?? []).map(({ ledger, failures }) => ({ labels: { ledger }, value: failures })),
  },
];

export const CHAIN_METRICS: readonly Metric[] = [
  ...HEAD_METRICS,
  ...CONSENSUS_METRICS,
  ...TRANSACTION_METRICS,
];
