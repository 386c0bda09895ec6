import type { Metric, MetricSources, Sample } from './metric.ts';

/** What Prometheus calls version 0.0.4 of its text format; every scraper reads it. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Metrics as the Prometheus text format (https://prometheus.io/docs/instrumenting/exposition_formats). */
export function exposition(metrics: readonly Metric[], sources: MetricSources): string {
  return metrics.map((metric) => family(metric, metric.read(sources))).join('');
}

function family({ name, kind, help }: Metric, samples: readonly Sample[]): string {
  const lines = samples.map(({ labels, value }) => `${name}${labelSet(labels)} ${numberText(value)}\n`);
  return `# HELP ${name} ${escapeText(help)}\n# TYPE ${name} ${kind}\n${lines.join('')}`;
}

function labelSet(labels: Sample['labels']): string {
  if (labels === undefined) return '';
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${escapeText(value).replaceAll('"', '\\"')}"`,
  );
  return `{${pairs.join(',')}}`;
}

function escapeText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}
