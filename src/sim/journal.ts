import type { OwnMessage, ProposedBlock, RestoredState, UnsignedMessage } from '../consensus/contract.ts';
import { fieldsOf } from '../consensus/message-fields.ts';
import type { SignedVote } from '../types/consensus-message.ts';

interface JournalEntry {
  readonly message: OwnMessage;
  readonly block: ProposedBlock | undefined;
  readonly prepares: readonly SignedVote[];
}

/**
 * The simulated vote journal, with the contents of the real one: the complete block with a Proposal and a Prepare,
 * the prepared certificate with a Commit. An entry is written first and durable after its sync; a crash in between
 * keeps a prefix of what was written, as a disk does.
 */
export class SimJournal {
  #durable: JournalEntry[] = [];
  #written: JournalEntry[] = [];
  /** Nothing up to here is signed any more: it is decided, or was signed by a journal that is lost. */
  #closedUpTo = 0;

  write(message: OwnMessage, unsigned: UnsignedMessage): void {
    const block = unsigned.kind === 'proposal' || unsigned.kind === 'prepare' ? unsigned.block : undefined;
    const prepares = unsigned.kind === 'commit' ? unsigned.prepares : [];
    this.#written.push({ message, block, prepares });
  }

  /** Makes everything up to and including `message` durable. */
  sync(message: OwnMessage): void {
    const index = this.#written.findIndex((entry) => entry.message === message);
    this.#durable.push(...this.#written.splice(0, index + 1));
  }

  isDurable(message: OwnMessage): boolean {
    return this.#durable.some((entry) => entry.message === message);
  }

  /** How many records are written and not yet synced. */
  get unsynced(): number {
    return this.#written.length;
  }

  /** Of the records that were not synced, the first `kept` survive; one that is torn does not. */
  crash(kept: number): void {
    this.#durable.push(...this.#written.slice(0, kept));
    this.#written = [];
  }

  /** The file is gone or damaged, and with it what was signed at `height`. */
  lose(height: number): void {
    this.#durable = [];
    this.#written = [];
    this.#close(height);
  }

  /** Whether the node may sign at a height: not where it may have signed what the journal no longer knows. */
  maySign(height: number): boolean {
    return height > this.#closedUpTo;
  }

  #close(height: number): void {
    this.#closedUpTo = Math.max(this.#closedUpTo, height);
  }

  /** A block is decided: nothing of its height or below is needed any more. */
  forgetUpTo(height: number): void {
    this.#close(height);
    const isLater = (entry: JournalEntry) => fieldsOf(entry.message).height > height;
    this.#durable = this.#durable.filter(isLater);
    this.#written = this.#written.filter(isLater);
  }

  blocks(): ProposedBlock[] {
    return this.#durable.flatMap((entry) => (entry.block === undefined ? [] : [entry.block]));
  }

  restoredState(height: number): RestoredState {
    const entries = this.#durable.filter((entry) => fieldsOf(entry.message).height === height);
    let prepared: RestoredState['prepared'];
    for (const { message, prepares } of entries) {
      if (message.kind !== 'commit') continue;
      const { round, blockHash } = message.commit.body;
      if (round > (prepared?.round ?? -1)) prepared = { round, blockHash, certificate: prepares };
    }
    return {
      round: Math.max(0, ...entries.map((entry) => fieldsOf(entry.message).round)),
      messages: entries.map((entry) => entry.message),
      blocks: entries.flatMap((entry) => (entry.block === undefined ? [] : [entry.block])),
      prepared,
      mayNotSign: !this.maySign(height),
    };
  }
}
