import type { Logger } from '../../util/logger.ts';

/** From whom this node is cut off on purpose, to try a failure of the network. */
export class Isolation {
  readonly #logger: Logger;
  readonly #onEnd: () => void;
  #timer: NodeJS.Timeout | undefined;
  #otherSide: ReadonlySet<string> = new Set();

  /** `onEnd`: the time without any peer is over. */
  constructor(logger: Logger, onEnd: () => void) {
    this.#logger = logger;
    this.#onEnd = onEnd;
  }

  /** Whether the peer is kept away. */
  has(peerId: string): boolean {
    return this.#timer !== undefined || this.#otherSide.has(peerId);
  }

  /** From all peers, for so long from now, also if that has begun already. */
  begin(forMs: number): void {
    this.#logger.warn({ forMs }, 'this node is cut off from its peers on purpose');
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#onEnd();
    }, forMs);
  }

  /** From the peers on the other side of a partition, and no others, from now on. */
  partition(peerIds: ReadonlySet<string>): void {
    this.#logger.warn({ peers: peerIds.size }, 'this node is cut off from these peers on purpose');
    this.#otherSide = peerIds;
  }

  /** Forgets the end: nobody is to dial any more. */
  close(): void {
    clearTimeout(this.#timer);
  }
}
