import { fieldsOf } from '../consensus/message-fields.ts';
import type { FaultClass } from './faults/faults.ts';
import type { SimNode } from './host.ts';
import type { NodeInput } from './world.ts';

/** What a run shows. Two runs of one seed and one version of the code have equal reports. */
export interface SimulationReport {
  readonly seed: string;
  readonly n: number;
  /** Highest head among honest nodes. */
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

/** A running digest of all that happens (two FNV-1a words), cheap enough for every step. */
export class TraceHash {
  #low = 0x811c9dc5;
  #high = 0x01000193;

  /** One node takes one input. */
  note(atMs: number, { index, headHeight }: SimNode, input: NodeInput): void {
    for (const value of [atMs, index, codeOf(input), headHeight]) this.#add(value);
  }

  #add(value: number): void {
    this.#low = Math.imul(this.#low ^ (value | 0), 0x01000193);
    this.#high = Math.imul(this.#high ^ (value | 0) ^ (this.#low >>> 13), 0x85ebca6b);
  }

  get hex(): string {
    return [this.#low, this.#high].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }
}

const INPUT_KINDS = [
  'packet',
  'core-event',
  'timer',
  'synced',
  'start-height',
  'forget',
  'status',
  'catch-up',
] as const;

function codeOf(input: NodeInput): number {
  const code = INPUT_KINDS.indexOf(input.kind);
  if (input.kind !== 'packet' || input.packet.kind !== 'consensus') return code;
  const { height, round } = fieldsOf(input.packet.message);
  return code + 8 * height + 131 * round + 7 * input.packet.message.kind.length;
}
