import { renderTable } from '../../src/cli/output.ts';
import { significant } from './arithmetic.ts';
import type { Metrics } from './context.ts';

/** What was measured, run by run: the object behind `--json`. */
export interface BenchReport {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  readonly runs: Readonly<Record<string, Metrics>>;
}

/** Figures with as many digits as mean something; whole numbers as they are. */
export function roundMetrics(metrics: Metrics): Metrics {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [
      name,
      typeof value === 'boolean' || Number.isInteger(value) ? value : significant(value),
    ]),
  );
}

/** One table for each run. */
export function renderReport({ machine, runs }: BenchReport): string {
  const tables = Object.entries(runs).map(([name, metrics]) => {
    const rows = Object.entries(metrics).map(([metric, value]) => [metric, String(value)]);
    return `${name}\n${renderTable(['', ''], rows)}`;
  });
  return [`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`, ...tables].join('\n\n');
}
