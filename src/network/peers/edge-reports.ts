import type { PeersAnswer } from '../../types/network.ts';
import type { Clock } from '../../util/clock.ts';
import { LIMITS } from '../../util/limits.ts';
import type { EdgeReport } from '../contract.ts';
import { publicKeyOf } from './peer-record.ts';

/**
 * The last report of each connected peer, as it came with peer exchange. Bounded by the number of connections and by
 * what one answer may hold.
 */
export class EdgeReports {
  readonly #clock: Clock;
  readonly #reports = new Map<string, EdgeReport>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get all(): EdgeReport[] {
    return [...this.#reports.values()];
  }

  note(by: string, known: PeersAnswer['peers']): void {
    const peers = new Set<string>();
    for (const { record, connected } of known) {
      const { peerId } = record.body;
      // A name that no node can have is no edge; whether somebody has this one, only its own word can tell.
      if (connected && peerId !== by && publicKeyOf(peerId) !== undefined) peers.add(peerId);
    }
    const isPartial = known.length >= LIMITS.maxPeersPerAnswer;
    this.#reports.set(by, { by, atMs: this.#clock.wallMs(), isPartial, peers: [...peers] });
  }

  /** The peer has gone: what it said is nobody's word any more. */
  forget(by: string): void {
    this.#reports.delete(by);
  }

  /** Whether this peer has said nothing for so long. */
  isOlderThan(ms: number, by: string): boolean {
    const report = this.#reports.get(by);
    return report === undefined || this.#clock.wallMs() - report.atMs > ms;
  }
}
