/** Adds up memory over time out of readings at some instants. */
export class MemoryMeter {
  #byteMs = 0n;
  #lastMs: number;
  #lastBytes = 0;

  /** `startMs`: monotonic time from which on it counts. */
  constructor(startMs: number) {
    this.#lastMs = startMs;
  }

  /** A reading counts for the time since the one before. */
  note(nowMs: number, bytes: number): void {
    this.#byteMs += BigInt(bytes) * BigInt(Math.max(0, Math.round(nowMs - this.#lastMs)));
    this.#lastMs = nowMs;
    this.#lastBytes = bytes;
  }

  /** The time since the last reading, in which nothing could be read, counts with its value. */
  close(nowMs: number): void {
    this.note(nowMs, this.#lastBytes);
  }

  /** Megabytes (10^6) times seconds, rounded down. */
  get megabyteSeconds(): number {
    return Number(this.#byteMs / 1_000_000_000n);
  }
}
