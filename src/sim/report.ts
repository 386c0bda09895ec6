import type { FaultClass } from './faults/faults.ts';

/** What a run shows. Two runs of one seed and one version of the code have equal reports. */
export interface SimulationReport {
  readonly seed: string;
  readonly n: number;
  /** Lowest and highest head among honest nodes. */
  readonly minHeight: number;
  readonly maxHeight: number;
  /** How many heights were decided in which round, by the certificates of the first node to decide. */
  readonly decisionsByRound: Readonly<Record<number, number>>;
  readonly evidence: Readonly<Record<string, number>>;
  /** Fault classes that were on, and how often each struck. */
  readonly faults: readonly FaultClass[];
  readonly struck: Readonly<Partial<Record<FaultClass, number>>>;
  /** Virtual milliseconds and steps. */
  readonly virtualMs: number;
  readonly steps: number;
  /** Digest of every step in order. */
  readonly traceHash: string;
}

/** A running digest of small integers (two FNV-1a words), cheap enough for every step. */
export class TraceHash {
  #low = 0x811c9dc5;
  #high = 0x01000193;

  add(value: number): void {
    this.#low = Math.imul(this.#low ^ (value | 0), 0x01000193);
    this.#high = Math.imul(this.#high ^ (value | 0) ^ (this.#low >>> 13), 0x85ebca6b);
  }

  get hex(): string {
    return [this.#low, this.#high].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
