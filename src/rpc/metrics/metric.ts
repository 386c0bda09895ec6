import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { EventCounts } from './event-counts.ts';

/** One value of a metric, told apart from its others by labels. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Where metrics are read from when somebody asks. */
export interface MetricSources {
  readonly ports: RpcPorts;
  readonly counts: EventCounts;
  /** Calls since start, those that ended in an error, and those that run or wait now. */
  readonly calls: () => CallCounts;
}

export interface CallCounts {
  readonly handled: number;
  readonly failed: number;
  readonly running: number;
  readonly waiting: number;
}

/**
 * A counter only rises while the process lives; a gauge does as it likes. `read` runs at each request and copies what
 * the node counts anyway; units are those of Prometheus, seconds and bytes.
 */
export interface Metric {
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  /** What it says, in one line. */
  readonly help: string;
  /** The labels of all its samples, in order. */
  readonly labels?: readonly string[];
  readonly read: (sources: MetricSources) => readonly Sample[];
}

/** The samples of a metric without labels; none if there is nothing to say. */
export function single(value: number | undefined): readonly Sample[] {
  return value === undefined ? [] : [{ value }];
}

export function flag(isSo: boolean): readonly Sample[] {
  return [{ value: isSo ? 1 : 0 }];
}
