import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface PanelProps {
  readonly title: string;
  /** Beside the title. */
  readonly note?: ComponentChildren;
  readonly class?: string;
  readonly children: ComponentChildren;
}

/** A titled part of a view. */
export function Panel({ title, note, class: name = '', children }: PanelProps) {
  const id = useId();
  return (
    <section class={`panel ${name}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {note !== undefined && <div class="panel-note">{note}</div>}
      </header>
      {children}
    </section>
  );
}

interface TileProps {
  readonly label: string;
  readonly value: ComponentChildren;
  readonly detail?: ComponentChildren;
  readonly tone?: 'good' | 'bad' | 'warn' | undefined;
}

/** One number with its name. */
export function Tile({ label, value, detail, tone }: TileProps) {
  return (
    <div class="tile" data-tone={tone}>
      <dt>{label}</dt>
      <dd>
        <span class="tile-value">{value}</span>
        <span class="tile-detail">{detail ?? ' '}</span>
      </dd>
    </div>
  );
}

/** What stands where there is nothing to show. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}
