import type { Writable } from 'node:stream';

/** JSON text of a result: two spaces of indent, bigint as decimal text. */
export function toJsonText(value: unknown, indent = 2): string {
  return JSON.stringify(
    value,
    (_, item: unknown) => (typeof item === 'bigint' ? item.toString() : item),
    indent,
  );
}

/** Columns padded to equal width, two spaces apart. */
export function renderTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  return [header, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] as number))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
}

/**
 * Where a command writes. Results go to standard output, as JSON with `--json`; what accompanies them (progress,
 * next steps) goes there for people only, and nowhere with `--json` or `--quiet`; trouble goes to standard error.
 */
export class Output {
  readonly options: OutputOptions;
  readonly #stdout: Writable;
  readonly #stderr: Writable;

  constructor(stdout: Writable, stderr: Writable, options: OutputOptions) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.options = options;
  }

  /** The result of the command: `value` for programs, `text` for people. */
  result(value: unknown, text: string): void {
    this.#stdout.write(this.options.json ? `${toJsonText(value)}\n` : `${text}\n`);
  }

  /** A line that accompanies the result. */
  note(text: string): void {
    if (!this.options.json && !this.options.quiet) this.#stdout.write(`${text}\n`);
  }

  /** A finished step: `✔ what  detail`. */
  step(what: string, detail: string): void {
    this.note(`${this.green('✔')} ${what.padEnd(13)} ${detail}`);
  }

  /** Trouble that does not end the command. */
  warn(text: string): void {
    this.#stderr.write(`${text}\n`);
  }

  /** The reason and the hint of an error. */
  error(reason: string, hint: string | undefined): void {
    this.#stderr.write(`${this.red('✖')} ${reason}\n${hint === undefined ? '' : `  ${hint}\n`}`);
  }

  green(text: string): string {
    return this.options.color ? `\u001b[32m${text}\u001b[39m` : text;
  }

  red(text: string): string {
    return this.options.color ? `\u001b[31m${text}\u001b[39m` : text;
  }
}
