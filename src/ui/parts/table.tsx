import type { ComponentChildren } from 'preact';
import { Empty } from './panel.tsx';

/** What a cell carries besides its content. */
interface CellAttributes {
  readonly title?: string | undefined;
  readonly class?: string | undefined;
  /** Columns that the cell takes in, its own included. */
  readonly colSpan?: number;
  readonly [data: `data-${string}`]: string | boolean | undefined;
}

export interface Column<Row> {
  /** Its name, of which a table has no two alike. */
  readonly title: string;
  /** Shown in place of the title. */
  readonly head?: ComponentChildren;
  /** A width of the style sheet (`w-age`); without one the column shares what the others leave. */
  readonly width?: string;
  readonly numeric?: boolean;
  /** Whether its cells name their rows. */
  readonly namesRow?: boolean;
  readonly cell: (row: Row) => ComponentChildren;
  readonly attributes?: (row: Row) => CellAttributes;
}

interface TableProps<Row> {
  readonly columns: readonly Column<Row>[];
  /** Undefined while they are not there yet. */
  readonly rows: readonly Row[] | undefined;
  /** Tells a row from all others. */
  readonly keyOf: (row: Row) => string | number;
  /** What is said in place of a table without rows; without it there is the head alone. */
  readonly empty?: string;
  /** `bars` has a head only for those who cannot see it, `natural` columns as wide as what is in them. */
  readonly layout?: 'fixed' | 'bars' | 'natural';
  /** What the table shows, for those who cannot see it. */
  readonly caption?: string;
}

/** Rows of one kind under a head. */
export function Table<Row>({ columns, rows, keyOf, empty, layout = 'fixed', caption }: TableProps<Row>) {
  if (rows === undefined) return <Empty>asking the node …</Empty>;
  if (rows.length === 0 && empty !== undefined) return <Empty>{empty}</Empty>;
  return (
    <table class={layout}>
      {caption !== undefined && <caption class="hidden">{caption}</caption>}
      <thead class={layout === 'bars' ? 'hidden' : undefined}>
        <tr>
          {columns.map(({ title, head, width, numeric }) => (
            <th key={title} scope="col" class={classes(numeric === true && 'number', width)}>
              {head ?? title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)}>{cellsOf(row, columns)}</tr>
        ))}
      </tbody>
    </table>
  );
}

function cellsOf<Row>(row: Row, columns: readonly Column<Row>[]) {
  let taken = 0;
  return columns.map(({ title, numeric, namesRow, cell, attributes }) => {
    if (taken > 0) {
      taken--;
      return null;
    }
    const { class: name, ...others } = attributes?.(row) ?? {};
    taken = (others.colSpan ?? 1) - 1;
    const Cell = namesRow === true ? 'th' : 'td';
    return (
      <Cell
        key={title}
        scope={namesRow === true ? 'row' : undefined}
        class={classes(numeric === true && taken === 0 && 'number', name)}
        {...others}
      >
        {cell(row)}
      </Cell>
    );
  });
}

function classes(...names: (string | false | undefined)[]): string | undefined {
  return names.filter(Boolean).join(' ') || undefined;
}
