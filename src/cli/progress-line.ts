import type { Writable } from 'node:stream';

/** A stream that may be a terminal. */
export type TerminalStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** What takes less than this needs no word. */
const SHOW_AFTER_MS = 1_000;
const REDRAW_MS = 250;
const DEFAULT_COLUMNS = 80;
const CLEAR_LINE = '\r\u001b[2K';

/**
 * The last line of a terminal, which says what a command is busy with and for how long, from the first second of
 * silence on. Whatever else is written takes its place.
 */
export class ProgressLine {
  readonly #stream: TerminalStream;
  readonly #showAfterMs: number;
  #text: string | undefined;
  #beganMs = 0;
  #silentSinceMs = 0;
  #isDrawn = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: TerminalStream, showAfterMs = SHOW_AFTER_MS) {
    this.#stream = stream;
    this.#showAfterMs = showAfterMs;
  }

  /** From now on the command is busy with this; with undefined, with nothing that takes long. */
  set(text: string | undefined): void {
    if (text === undefined) {
      this.clear();
      clearInterval(this.#timer);
      this.#timer = undefined;
    } else if (this.#timer === undefined) {
      this.#beganMs = performance.now();
      this.#silentSinceMs = this.#beganMs;
      this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
      this.#timer.unref();
    }
    this.#text = text;
  }

  /** Makes room for a line of something else. */
  clear(): void {
    if (this.#isDrawn) this.#stream.write(CLEAR_LINE);
    this.#isDrawn = false;
    this.#silentSinceMs = performance.now();
  }

  #draw(): void {
    const nowMs = performance.now();
    if (nowMs - this.#silentSinceMs < this.#showAfterMs) return;
    const room = (this.#stream.columns ?? DEFAULT_COLUMNS) - 1;
    const line = `${this.#text}  ${Math.round((nowMs - this.#beganMs) / 1_000)} s`.slice(0, room);
    // The cursor goes back to the front: a line of the log of a node, which knows nothing of this one, writes over it.
    this.#stream.write(`${CLEAR_LINE}${line}\r`);
    this.#isDrawn = true;
  }
}
