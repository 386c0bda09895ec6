import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import UPlot from 'uplot';
import { onColours } from '../theme.ts';
import { type Column, Table } from './table.tsx';

export interface ChartSeries {
  readonly label: string;
  /** The name of a colour of the page, such as `--blue`. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
}

interface ChartProps {
  /** What the chart shows, for those who cannot see it. */
  readonly label: string;
  readonly xLabel: string;
  /** Ascending. */
  readonly x: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly format: (value: number) => string;
  readonly bars?: boolean;
}

const HEIGHT = 168;
/** Rows of the table that stands for a chart, newest first. */
const TABLE_ROWS = 60;

/** A chart over heights, and the same numbers as a table. Its place is of one size from the beginning. */
export function Chart(props: ChartProps) {
  const [table, setTable] = useState(false);
  return (
    <div class="chart">
      <button type="button" class="chart-switch" aria-pressed={table} onClick={() => setTable(!table)}>
        {table ? 'Chart' : 'Table'}
      </button>
      {table ? <ChartTable {...props} /> : <Plot {...props} />}
    </div>
  );
}

function ChartTable({ label, xLabel, x, series, format }: ChartProps) {
  const rows = x.map((at, i) => ({ at, values: series.map(({ values }) => values[i] ?? null) }));
  const columns: readonly Column<(typeof rows)[number]>[] = [
    { title: xLabel, namesRow: true, cell: ({ at }) => at },
    ...series.map((one, i) => ({
      title: one.label,
      numeric: true,
      cell: ({ values }: (typeof rows)[number]) => {
        const value = values[i];
        return value == null ? '–' : format(value);
      },
    })),
  ];
  return (
    <div class="scroll chart-table">
      <Table
        columns={columns}
        rows={rows.slice(-TABLE_ROWS).reverse()}
        keyOf={({ at }) => at}
        layout="natural"
        caption={label}
      />
    </div>
  );
}

function Plot({ label, xLabel, x, series, format, bars = false }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(null);
  const [colours, setColours] = useState(0);
  const shape = useMemo(() => series.map(({ label, colour }) => `${label} ${colour}`).join(), [series]);
  const data = useMemo(() => [[...x], ...series.map(({ values }) => [...values])], [x, series]);
  useEffect(() => onColours(() => setColours((count) => count + 1)), []);

  // Made anew only when its form or its colours change
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const colourOf = colourReader(element);
    const axis = {
      stroke: colourOf('--dim'),
      grid: { stroke: colourOf('--line'), width: 1 },
      ticks: { show: false },
      font: '11px system-ui, sans-serif',
    };
    const made = new UPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        padding: [10, 8, 0, 0],
        scales: { x: { time: false }, y: { range: (_self, _least, most) => [0, Math.max(1, most * 1.15)] } },
        axes: [
          {
            ...axis,
            size: 26,
            grid: { show: false },
            values: (_self, at) => at.map((one) => (Number.isInteger(one) ? String(one) : '')),
          },
          { ...axis, size: 58, space: 36, values: (_self, at) => at.map(format) },
        ],
        series: [
          {},
          ...series.map(({ label, colour }) => ({
            label,
            stroke: colourOf(colour),
            width: bars ? 0 : 2,
            points: { show: false },
            ...(bars
              ? {
                  fill: colourOf(colour),
                  paths: UPlot.paths.bars?.({ size: [0.7, 14] }) as UPlot.Series.PathBuilder,
                }
              : {}),
          })),
        ],
      },
      data as UPlot.AlignedData,
      element,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
    };
  }, [shape, colours, bars]);

  useEffect(() => plot.current?.setData(data as UPlot.AlignedData), [data]);

  const newest = series.map(({ label, values }) => {
    const last = values.at(-1);
    return `${label} ${last === undefined || last === null ? 'unknown' : format(last)}`;
  });
  return (
    <div
      ref={place}
      class="plot"
      role="img"
      aria-label={`${label} by ${xLabel}; newest: ${newest.join(', ')}`}
    />
  );
}

/** A canvas knows no custom properties: an element of the page resolves them. */
function colourReader(parent: HTMLElement): (name: string) => string {
  return (name) => {
    const probe = document.createElement('i');
    probe.style.color = `var(${name})`;
    parent.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}
