/** Whether this node is cut off from all peers on purpose, which ends by itself. */
export class Isolation {
  readonly #onEnd: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  get isActive(): boolean {
    return this.#timer !== undefined;
  }

  /** For so long from now, also if it has begun already. */
  begin(forMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#onEnd();
    }, forMs);
  }

  /** Forgets the end: nobody is to dial any more. */
  close(): void {
    clearTimeout(this.#timer);
  }
}
