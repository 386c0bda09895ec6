import type { LedgerName } from '../types/names.ts';
import type { Address } from '../types/ssz-bytes.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import type { Lane } from './lane.ts';

/** What a section has room for. */
export interface SectionRoom {
  readonly maxBytes: number;
  readonly maxOperations: number;
  readonly maxTransactions: number;
}

/**
 * The lanes of one ledger, and the order in which they are served: a lane joins the end when its first transaction
 * becomes executable and again when a block took from it, so that each sender has its turn.
 */
export class LedgerQueue {
  readonly ledger: LedgerName;
  readonly #lanes = new Map<Address, Lane>();
  /** Lanes with something executable, next one first. */
  readonly #rotation = new Map<Address, Lane>();
  readonly #unfunded = new Map<Address, Lane>();
  #transactions = 0;
  #executable = 0;
  #executableWork = 0;
  /** What each lane counts for in the sums above. */
  readonly #counted = new Map<Lane, { size: number; executable: number; work: number }>();

  constructor(ledger: LedgerName) {
    this.ledger = ledger;
  }

  get transactions(): number {
    return this.#transactions;
  }

  get executable(): number {
    return this.#executable;
  }

  /** What the executable transactions ask of a block. */
  get executableWork(): number {
    return this.#executableWork;
  }

  lane(sender: Address): Lane | undefined {
    return this.#lanes.get(sender);
  }

  /** Puts a lane where it belongs after it changed; an empty one is forgotten. */
  place(lane: Lane): void {
    const before = this.#counted.get(lane) ?? { size: 0, executable: 0, work: 0 };
    this.#transactions += lane.size - before.size;
    this.#executable += lane.executable - before.executable;
    this.#executableWork += lane.executableWork - before.work;
    const { sender } = lane;
    if (lane.size === 0) {
      this.#lanes.delete(sender);
      this.#counted.delete(lane);
    } else {
      this.#lanes.set(sender, lane);
      this.#counted.set(lane, {
        size: lane.size,
        executable: lane.executable,
        work: lane.executableWork,
      });
    }
    if (lane.executable > 0) this.#rotation.set(sender, lane);
    else this.#rotation.delete(sender);
    if (lane.isUnfunded) this.#unfunded.set(sender, lane);
    else this.#unfunded.delete(sender);
  }

  /** Sends a lane to the end of its queue. */
  moveToEnd(lane: Lane): void {
    if (this.#rotation.delete(lane.sender)) this.#rotation.set(lane.sender, lane);
    if (this.#unfunded.delete(lane.sender)) this.#unfunded.set(lane.sender, lane);
  }

  /** Lanes with something executable, in the order of service. May change while it is read. */
  rotation(): IterableIterator<Lane> {
    return this.#rotation.values();
  }

  /** The first `count` lanes that wait for their account to be filled. */
  unfunded(count: number): Lane[] {
    const lanes: Lane[] = [];
    for (const lane of this.#unfunded.values()) {
      if (lanes.length >= count) break;
      lanes.push(lane);
    }
    return lanes;
  }

  /**
   * Executable transactions that fit into a section: one of each sender in turn, each sender's in order of nonce.
   * What does not fit ends its sender's turns.
   */
  select(room: SectionRoom): EncodedTransaction[] {
    const selected: EncodedTransaction[] = [];
    let { maxBytes: bytes, maxOperations: operations } = room;
    let lanes: Lane[] = [...this.#rotation.values()];
    for (let turn = 0; lanes.length > 0; turn++) {
      const served: Lane[] = [];
      for (const lane of lanes) {
        if (selected.length >= room.maxTransactions || operations <= 0 || bytes <= 0) return selected;
        const transaction = lane.executableAt(turn)?.transaction;
        if (transaction === undefined) continue;
        const count = transaction.value.body.operations.length;
        if (transaction.bytes.length > bytes || count > operations) continue;
        bytes -= transaction.bytes.length;
        operations -= count;
        selected.push(transaction);
        served.push(lane);
      }
      lanes = served;
    }
    return selected;
  }
}
