import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { METRICS } from '../../../src/rpc/metrics/metrics-endpoint.ts';
import { METHODS } from '../../../src/rpc/schema/methods.ts';

const FOLDER = join(import.meta.dirname, '../../../scripts/monitoring');

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly id: number;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat?: string }[];
}
interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly action: string };
}

const dashboard: { readonly panels: readonly Panel[] } = JSON.parse(
  readFileSync(join(FOLDER, 'grafana-dashboard.json'), 'utf8'),
);
const rules: readonly Rule[] = parse(readFileSync(join(FOLDER, 'alerts.yml'), 'utf8')).groups.flatMap(
  ({ rules }: { rules: Rule[] }) => rules,
);

/** Names of metrics in an expression of Prometheus; `up` is its own. */
function metricsOf(expr: string): string[] {
  return expr.match(/\b(?:metanode|process)_\w+/g) ?? [];
}

/** The labels that an expression selects or groups by, apart from those that Prometheus adds. */
function labelsOf(expr: string): string[] {
  const selected = [...expr.matchAll(/(\w+)\s*(?:=~|!=|!~|=)\s*"/g)].map(([, label]) => label as string);
  const grouped = [...expr.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)].flatMap(([, list]) =>
    (list as string).split(/\s*,\s*/),
  );
  return [...selected, ...grouped].filter((label) => label !== 'instance' && label !== 'job');
}

describe('the dashboard and the alerting rules', () => {
  const panels = dashboard.panels.filter(({ type }) => type !== 'row');
  const expressions = [
    ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ where: title, expr }))),
    ...rules.map(({ alert, expr }) => ({ where: alert, expr })),
  ];

  it('name only metrics that a node serves, and only labels that these have', () => {
    assert.ok(expressions.length > 60);
    for (const { where, expr } of expressions) {
      const names = metricsOf(expr);
      if (!/\bup\{/.test(expr)) assert.ok(names.length > 0, `${where} asks for nothing`);
      const labels = new Set<string>();
      for (const name of names) {
        const metric = METRICS.find((one) => one.name === name);
        assert.ok(metric !== undefined, `${where}: no node serves ${name}`);
        for (const label of metric.labels ?? []) labels.add(label);
      }
      for (const label of labelsOf(expr)) assert.ok(labels.has(label), `${where}: no label ${label}`);
    }
  });

  it('treat counters as such: a rate or an increase of each, and of nothing else', () => {
    for (const { where, expr } of expressions)
      for (const { name, kind } of METRICS)
        for (const [use] of expr.matchAll(new RegExp(`(?:\\w+\\()?${name}\\b`, 'g')))
          assert.equal(/^(?:rate|increase)\(/.test(use), kind === 'counter', `${where}: ${use}`);
  });

  it('show every metric in the dashboard, in panels that lie side by side', () => {
    const shown = new Set(
      panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => metricsOf(expr))),
    );
    assert.deepEqual(
      METRICS.map(({ name }) => name).filter((name) => !shown.has(name) && !/_max_/.test(name)),
      [],
    );
    assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
    const cells = new Set<string>();
    for (const { title, gridPos } of dashboard.panels) {
      assert.ok(gridPos.x + gridPos.w <= 24, title);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.ok(!cells.has(`${x},${y}`), `${title} lies over another panel`);
          cells.add(`${x},${y}`);
        }
    }
  });

  it('say with each alert what is wrong and what to do, by methods that exist', () => {
    assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
    for (const { alert, labels, annotations } of rules) {
      assert.match(alert, /^Metanode[A-Z]\w+$/);
      assert.ok(['critical', 'warning'].includes(labels.severity), alert);
      assert.match(annotations.summary, /\{\{ \$labels\.instance \}\}/);
      const methods = annotations.action.match(/\b(?:ibft|debug|gossip|admin|net)_\w+/g) ?? [];
      for (const method of methods) assert.ok(Object.hasOwn(METHODS, method), `${alert}: ${method}`);
    }
  });
});
