import type { Chain } from '../../chain/chain.ts';
import type { TransactionPool } from '../../chain/transaction-pool.ts';
import { lastBeacons } from '../../ledger/system/chain-facts.ts';
import { candidatesAbove, electMinersAbove } from '../../mining/election.ts';
import type { MinerPort, WorkersPort, WorkerView, WorkView } from '../../rpc/ports/miner.ts';
import { LEDGERS } from '../../types/names.ts';
import type { Address } from '../../types/ssz-bytes.ts';
import { LIMITS } from '../../util/limits.ts';
import type { LedgerWorker } from '../../validator/mining/ledger-worker.ts';
import type { MiningScheduler } from '../../validator/mining/mining-scheduler.ts';
import { oncePerBlock } from './state-listing.ts';

/** What the RPC reads of mining: who is elected, what waits, and, on a node that mines, what its workers do. */
export function minerPort(
  chain: Chain,
  { mempool }: TransactionPool,
  own: { readonly scheduler: MiningScheduler; readonly miner: Address } | undefined,
): MinerPort {
  const { state } = chain;
  return {
    workers: own && workersPort(own.scheduler, own.miner),
    election: oncePerBlock(chain, () => {
      const height = chain.head.height + 1;
      return {
        height,
        beacon: lastBeacons(state.reader('system')).previous,
        candidates: candidatesAbove(state, chain.validators),
        elected: electMinersAbove(state, height, chain.validators),
      };
    }),
    // Without the bounds of one section: what comes after the next block is of interest, too.
    queue: (ledger, limit) =>
      mempool.executable(ledger, {
        maxTransactions: limit,
        maxBytes: Number.MAX_SAFE_INTEGER,
        maxOperations: Number.MAX_SAFE_INTEGER,
      }),
  };
}

function workersPort(scheduler: MiningScheduler, miner: Address): WorkersPort {
  return {
    miner,
    views: () => LEDGERS.map((ledger) => workerView(scheduler.workers[ledger])),
    work: (ledger) => workView(scheduler.workers[ledger]),
    sections: (ledger) => scheduler.workers[ledger].history.list(LIMITS.maxSectionHistory),
    onChange: (listener) => scheduler.onChange(listener),
  };
}

function workView({ round, sendsAtMs }: LedgerWorker): WorkView | undefined {
  if (round === undefined) return undefined;
  return {
    parent: round.ground.parent.hash,
    sendsAtMs,
    heard: round.sections().map(({ message, state }) => {
      const { rank, miner, txCount } = message.signed.section;
      return { rank, miner, txCount, state };
    }),
  };
}

function workerView({ ledger, state, round, failures, history }: LedgerWorker): WorkerView {
  const best = round?.best?.signed.section;
  return {
    ledger,
    state,
    height: round === undefined ? undefined : round.ground.parent.height + 1,
    rank: round?.rank,
    best: best && { rank: best.rank, miner: best.miner, txCount: best.txCount },
    failures,
    counts: history.counts,
  };
}
