import { ProgressLine, type TerminalStream } from './progress-line.ts';

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
  /** Where a stream is a terminal. */
  readonly color: boolean;
}

/** Colours are wanted unless `--no-color` or NO_COLOR (no-color.org) says otherwise. */
export function wantsColor(flag: boolean, environment: NodeJS.ProcessEnv): boolean {
  return flag && (environment.NO_COLOR ?? '') === '';
}

/**
 * Where a command writes. Results go to standard output, as JSON with `--json`; what accompanies them (progress,
 * next steps) goes there for people only, and nowhere with `--json` or `--quiet`; trouble goes to standard error.
 */
export class Output {
  readonly options: OutputOptions;
  readonly #stdout: TerminalStream;
  readonly #stderr: TerminalStream;
  readonly #progress: ProgressLine | undefined;

  constructor(stdout: TerminalStream, stderr: TerminalStream, options: OutputOptions) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.options = options;
    const isShown = stderr.isTTY === true && !options.json && !options.quiet;
    this.#progress = isShown ? new ProgressLine(stderr) : undefined;
  }

  /** Whether anybody sees what `progress` says. */
  get showsProgress(): boolean {
    return this.#progress !== undefined;
  }

  /**
   * Says on a terminal what the command is busy with, if that takes more than a second; with undefined, that it is
   * done with it.
   */
  progress(text: string | undefined): void {
    this.#progress?.set(text);
  }

  #write(stream: TerminalStream, text: string): void {
    this.#progress?.clear();
    stream.write(text);
  }

  /** The result of the command: `value` for programs, `text` for people. */
  result(value: unknown, text: string): void {
    this.#write(this.#stdout, this.options.json ? `${toJsonText(value)}\n` : `${text}\n`);
  }

  /** One of many results, for people and programs alike: JSON on a line of its own. */
  line(value: unknown): void {
    this.#write(this.#stdout, `${toJsonText(value, 0)}\n`);
  }

  /** A line that accompanies the result. */
  note(text: string): void {
    if (!this.options.json && !this.options.quiet) this.#write(this.#stdout, `${text}\n`);
  }

  /** A finished step: `✔ what  detail`. */
  step(what: string, detail: string): void {
    this.note(`${this.green('✔')} ${what.padEnd(13)} ${detail}`);
  }

  /** Trouble that does not end the command. */
  warn(text: string): void {
    this.#write(this.#stderr, `${text}\n`);
  }

  /** The reason and the hint of an error. */
  error(reason: string, hint: string | undefined): void {
    const mark = this.#colored(this.#stderr, 31, '✖');
    this.#write(this.#stderr, `${mark} ${reason}\n${hint === undefined ? '' : `  ${hint}\n`}`);
  }

  green(text: string): string {
    return this.#colored(this.#stdout, 32, text);
  }

  red(text: string): string {
    return this.#colored(this.#stdout, 31, text);
  }

  #colored(stream: TerminalStream, code: number, text: string): string {
    return this.options.color && stream.isTTY === true ? `\u001b[${code}m${text}\u001b[39m` : text;
  }
}
