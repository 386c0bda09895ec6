import { DROP_REASONS, type DropReason } from '../../types/dropped-transaction.ts';
import { LEDGERS } from '../../types/names.ts';
import type { ChainPort } from '../ports/chain.ts';
import type { ConsensusPort, RoundRecordView } from '../ports/consensus.ts';
import type { NetworkPort, PeerEventView } from '../ports/network.ts';
import type { PoolEntry, PoolPort } from '../ports/pool.ts';

/** Numbers by name, zero for what never came. */
export class Tally<Name extends string> {
  readonly #sums: Map<Name, number>;

  /** Names that are known beforehand are shown from the beginning, so that their first event is seen as a rise. */
  constructor(names: readonly Name[]) {
    this.#sums = new Map(names.map((name) => [name, 0]));
  }

  add(name: Name, amount: number): void {
    this.#sums.set(name, (this.#sums.get(name) ?? 0) + amount);
  }

  entries(): readonly (readonly [Name, number])[] {
    return [...this.#sums];
  }
}

type EndedOutcome = Exclude<RoundRecordView['outcome'], 'running'>;
const OUTCOMES = ['decided', 'timeout', 'others-ahead'] as const satisfies readonly EndedOutcome[];
const PEER_EVENTS = ['connected', 'disconnected', 'refused', 'refused-us'] as const;

/** What events are counted of. */
interface CountedPorts {
  readonly chain: Pick<ChainPort, 'onCommit'>;
  readonly pool: Pick<PoolPort, 'onAdmitted' | 'onDrop'>;
  readonly consensus: Pick<ConsensusPort, 'onRound'>;
  readonly network: Pick<NetworkPort, 'onPeerEvent'>;
}

/**
 * Counts what the node tells its subscribers anyway and does not count itself: a few additions per block, round,
 * peer and dropped transaction, since the server started.
 */
export class EventCounts {
  blocks = 0;
  readonly transactions = new Tally(LEDGERS);
  readonly rounds = new Tally<EndedOutcome>(OUTCOMES);
  readonly roundSeconds = new Tally<EndedOutcome>(OUTCOMES);
  readonly admitted = new Tally<PoolEntry['origin']>(['local', 'peer']);
  readonly dropped = new Tally<DropReason>(DROP_REASONS);
  readonly peerEvents = new Tally<PeerEventView['kind']>(PEER_EVENTS);
  readonly #stops: readonly (() => void)[];

  constructor({ chain, pool, consensus, network }: CountedPorts) {
    this.#stops = [
      chain.onCommit(({ block }) => {
        this.blocks++;
        for (const [i, ledger] of LEDGERS.entries())
          this.transactions.add(ledger, block.transactions[i]?.length ?? 0);
      }),
      consensus.onRound(({ outcome, durationMs }) => {
        if (outcome === 'running') return;
        this.rounds.add(outcome, 1);
        this.roundSeconds.add(outcome, (durationMs ?? 0) / 1000);
      }),
      pool.onAdmitted((_transaction, origin) => this.admitted.add(origin, 1)),
      pool.onDrop(({ reason }) => this.dropped.add(reason, 1)),
      network.onPeerEvent(({ kind }) => this.peerEvents.add(kind, 1)),
    ];
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }
}
