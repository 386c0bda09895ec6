import type { OwnMessage, ProposedBlock, RestoredState, UnsignedMessage } from '../consensus/contract.ts';
import { fieldsOf } from '../consensus/message-fields.ts';
import { NOT_PREPARED, type SignedVote } from '../types/consensus-message.ts';
import type { Random } from './random.ts';

interface JournalEntry {
  readonly message: OwnMessage;
  readonly block: ProposedBlock | undefined;
  readonly prepares: readonly SignedVote[];
}

/**
 * The simulated vote journal. An entry is written first and durable after its sync; a crash in between keeps a
 * prefix of what was written, as a disk does.
 */
export class SimJournal {
  #durable: JournalEntry[] = [];
  #written: JournalEntry[] = [];

  write(message: OwnMessage, unsigned: UnsignedMessage): void {
    const block = unsigned.kind === 'proposal' || unsigned.kind === 'prepare' ? unsigned.block : undefined;
    const prepares = unsigned.kind === 'proposal' || unsigned.kind === 'prepare' ? [] : unsigned.prepares;
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

  crash(random: Random): void {
    this.#durable.push(...this.#written.slice(0, random.between(0, this.#written.length)));
    this.#written = [];
  }

  /** A block is decided: nothing of its height or below is needed any more. */
  forgetUpTo(height: number): void {
    this.#durable = this.#durable.filter((entry) => fieldsOf(entry.message).height > height);
    this.#written = this.#written.filter((entry) => fieldsOf(entry.message).height > height);
  }

  blocks(): ProposedBlock[] {
    return this.#durable.flatMap((entry) => (entry.block === undefined ? [] : [entry.block]));
  }

  restoredState(height: number): RestoredState {
    const entries = this.#durable.filter((entry) => fieldsOf(entry.message).height === height);
    let prepared: RestoredState['prepared'];
    for (const { message, prepares } of entries) {
      const claim = preparedClaimOf(message);
      if (claim !== undefined && claim.round > (prepared?.round ?? -1))
        prepared = { ...claim, certificate: prepares };
    }
    return {
      round: Math.max(0, ...entries.map((entry) => fieldsOf(entry.message).round)),
      messages: entries.map((entry) => entry.message),
      blocks: entries.flatMap((entry) => (entry.block === undefined ? [] : [entry.block])),
      prepared,
      mayNotSign: false,
    };
  }
}

function preparedClaimOf(message: OwnMessage): { round: number; blockHash: string } | undefined {
  if (message.kind === 'commit') {
    const { round, blockHash } = message.commit.body;
    return { round, blockHash };
  }
  if (message.kind !== 'round-change') return undefined;
  const { preparedRound, preparedHash } = message.roundChange.body;
  return preparedRound === NOT_PREPARED ? undefined : { round: preparedRound, blockHash: preparedHash };
}
