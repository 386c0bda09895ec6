import type { Readable } from 'node:stream';

/** What a program wrote, up to a bound. */
export interface CapturedOutput {
  readonly text: string;
  /** How much it wrote, also beyond the bound. */
  readonly bytes: number;
  /** Whether it wrote more than was kept. */
  readonly isCut: boolean;
}

/**
 * Reads a stream to its end and keeps the first `maxBytes`. It goes on reading beyond them, so that a program that
 * writes much is not held up. `onChunk` gets all that is kept, as it comes.
 */
export class BoundedOutput {
  readonly #maxBytes: number;
  readonly #kept: Buffer[] = [];
  #keptBytes = 0;
  #bytes = 0;

  constructor(stream: Readable, maxBytes: number, onChunk: (chunk: Uint8Array) => void = () => {}) {
    this.#maxBytes = maxBytes;
    stream.on('data', (chunk: Buffer) => {
      this.#bytes += chunk.length;
      const kept = chunk.subarray(0, this.#maxBytes - this.#keptBytes);
      if (kept.length === 0) return;
      this.#kept.push(kept);
      this.#keptBytes += kept.length;
      onChunk(kept);
    });
    // A pipe that breaks ends the output; what became of the program its exit tells.
    stream.on('error', () => {});
  }

  captured(): CapturedOutput {
    const text = Buffer.concat(this.#kept).toString('utf8');
    return { text, bytes: this.#bytes, isCut: this.#bytes > this.#keptBytes };
  }
}
