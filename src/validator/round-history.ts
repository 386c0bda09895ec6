import type { Consensus } from '../consensus/contract.ts';
import type { RoundState } from '../types/round-state.ts';
import type { Address } from '../types/ssz-bytes.ts';
import type { Clock } from '../util/clock.ts';

/**
 * How a round ended. `timeout`: its time was over. `others-ahead`: f + 1 validators were in a later one. `decided`:
 * the height was decided while this node was in it. `running`: not yet.
 */
export type RoundOutcome = 'running' | 'decided' | 'timeout' | 'others-ahead';

/** How far a round was when its time was over. */
export interface RoundEnd {
  readonly step: RoundState['step'];
  readonly proposer: Address | undefined;
  readonly prepares: number;
  readonly commits: number;
}

/** Times are wall clock, for people; durations are monotonic. */
export interface RoundRecord {
  readonly round: number;
  readonly startedAtMs: number;
  durationMs: number | undefined;
  outcome: RoundOutcome;
  end: RoundEnd | undefined;
}

export interface HeightRecord {
  readonly height: number;
  /** Begins when the height wakes, and not while there is nothing to do. */
  readonly startedAtMs: number;
  durationMs: number | undefined;
  /** The latest ones, oldest first. */
  readonly rounds: RoundRecord[];
}

/** A round that began (`running`) or ended. */
export interface RoundEvent extends RoundRecord {
  readonly height: number;
}

const MAX_HEIGHTS = 64;
const MAX_ROUNDS = 32;

/**
 * What this node saw of the last heights: the rounds that each took, how long they lasted and how far the failed ones
 * came. Costs a comparison per event, and a copy of the round state only where a round fails.
 */
export class RoundHistory {
  readonly #core: Pick<Consensus, 'position' | 'roundState'>;
  readonly #clock: Clock;
  readonly #heights: HeightRecord[] = [];
  readonly #listeners = new Set<(event: RoundEvent) => void>();
  #heightSinceMs = 0;
  #roundSinceMs = 0;
  #timedOut: RoundEnd | undefined;

  constructor(core: Pick<Consensus, 'position' | 'roundState'>, clock: Clock) {
    this.#core = core;
    this.#clock = clock;
  }

  /** Call before the core learns that the time of a round is over. */
  beforeRoundTimeout(): void {
    const { step, proposer, prepares, commits } = this.#core.roundState();
    this.#timedOut = { step, proposer, prepares: prepares.length, commits: commits.length };
  }

  /** Call after every event of the core. */
  afterEvent(): void {
    const { height, round, isAwake } = this.#core.position();
    const timedOut = this.#timedOut;
    this.#timedOut = undefined;
    const current = this.#heights.at(-1);
    if (current !== undefined && current.height !== height && current.durationMs === undefined)
      this.#endHeight(current);
    if (!isAwake) return;
    if (current?.height === height) {
      const last = current.rounds.at(-1);
      if (last === undefined || last.round === round) return;
      this.#endRound(current, last, timedOut === undefined ? 'others-ahead' : 'timeout', timedOut);
      this.#startRound(current, round);
      if (current.rounds.length > MAX_ROUNDS) current.rounds.shift();
      return;
    }
    this.#heightSinceMs = this.#clock.monotonicMs();
    const begun = { height, startedAtMs: this.#clock.wallMs(), durationMs: undefined, rounds: [] };
    this.#startRound(begun, round);
    this.#heights.push(begun);
    if (this.#heights.length > MAX_HEIGHTS) this.#heights.shift();
  }

  /** Milliseconds since the present height, and its present round, began; undefined while nothing runs. */
  running(): { readonly heightForMs: number; readonly roundForMs: number } | undefined {
    const current = this.#heights.at(-1);
    if (current === undefined || current.durationMs !== undefined) return undefined;
    const nowMs = this.#clock.monotonicMs();
    return { heightForMs: nowMs - this.#heightSinceMs, roundForMs: nowMs - this.#roundSinceMs };
  }

  /** Listeners must not throw. Returns the function that unsubscribes. */
  subscribe(listener: (event: RoundEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Copies, oldest height first. */
  heights(): HeightRecord[] {
    return structuredClone(this.#heights);
  }

  #startRound(height: HeightRecord, round: number): void {
    this.#roundSinceMs = this.#clock.monotonicMs();
    const startedAtMs = this.#clock.wallMs();
    const begun: RoundRecord = {
      round,
      startedAtMs,
      durationMs: undefined,
      outcome: 'running',
      end: undefined,
    };
    height.rounds.push(begun);
    this.#tell(height, begun);
  }

  #endRound(
    height: HeightRecord,
    round: RoundRecord,
    outcome: RoundOutcome,
    end: RoundEnd | undefined,
  ): void {
    round.durationMs = this.#clock.monotonicMs() - this.#roundSinceMs;
    round.outcome = outcome;
    round.end = end;
    this.#tell(height, round);
  }

  #tell({ height }: HeightRecord, round: RoundRecord): void {
    for (const listener of this.#listeners) listener({ height, ...round });
  }

  #endHeight(height: HeightRecord): void {
    const last = height.rounds.at(-1);
    if (last !== undefined) this.#endRound(height, last, 'decided', undefined);
    height.durationMs = this.#clock.monotonicMs() - this.#heightSinceMs;
  }
}
