/** A transaction that waits to be sent. */
export interface Prepared {
  readonly txId: string;
  /** As the RPC takes it: 0x and hex digits. */
  readonly text: string;
}

interface Sender {
  /** In the order of their nonces. */
  readonly waiting: Prepared[];
  /** Index of the next one. */
  next: number;
  busy: boolean;
}

/** Transactions of one request with who sent them. */
export interface Parcel {
  readonly entries: readonly { readonly sender: number; readonly prepared: Prepared }[];
}

/**
 * What is still to be sent to one node. A sender's transactions leave in the order of their nonces; while a request
 * holds some of them the sender sends nothing else, so that a refused one can be sent again before those after it.
 */
export class Outbox {
  readonly #senders: readonly Sender[];
  #turn = 0;

  constructor(bySender: readonly (readonly Prepared[])[]) {
    this.#senders = bySender.map((waiting) => ({ waiting: [...waiting], next: 0, busy: false }));
  }

  get isEmpty(): boolean {
    return this.#senders.every(({ waiting, next, busy }) => !busy && next >= waiting.length);
  }

  /** Up to `count` transactions, the senders in turn. Their senders are busy until `settle`. */
  take(count: number): Parcel {
    const entries: { sender: number; prepared: Prepared }[] = [];
    const free = this.#senders
      .map((_, offset) => (this.#turn + offset) % this.#senders.length)
      .filter((index) => !(this.#senders[index] as Sender).busy);
    for (let before = -1; entries.length < count && entries.length > before; ) {
      before = entries.length;
      for (const index of free) {
        if (entries.length >= count) break;
        const sender = this.#senders[index] as Sender;
        const prepared = sender.waiting[sender.next];
        if (prepared === undefined) continue;
        sender.next++;
        sender.busy = true;
        entries.push({ sender: index, prepared });
        this.#turn = index + 1;
      }
    }
    return { entries };
  }

  /** The request has been answered: `again` says which of its transactions are to be sent once more. */
  settle(parcel: Parcel, again: (position: number) => boolean): void {
    for (const [position, { sender: index }] of [...parcel.entries.entries()].reverse()) {
      const sender = this.#senders[index] as Sender;
      sender.busy = false;
      if (!again(position)) continue;
      // What was taken lies before `next`, so there is a free place for each that comes back.
      sender.next--;
      sender.waiting[sender.next] = (parcel.entries[position] as Parcel['entries'][number]).prepared;
    }
  }
}
