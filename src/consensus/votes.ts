import type { CommitMessage, PrepareMessage, SignedVote } from '../types/consensus-message.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';

/** What became of a vote that was offered to a table. */
export type Added<M> = 'added' | 'duplicate' | { readonly conflictsWith: M };

/**
 * Prepares or Commits of one height: one slot per round and validator, and the first message keeps it. Nothing is
 * allocated by round number; the caller bounds the rounds that it offers and forgets old ones.
 */
export class VoteTable<M extends PrepareMessage | CommitMessage> {
  readonly #rounds = new Map<number, Map<Address, M>>();
  readonly #voteOf: (message: M) => SignedVote;

  constructor(voteOf: (message: M) => SignedVote) {
    this.#voteOf = voteOf;
  }

  add(message: M): Added<M> {
    const { body, signer } = this.#voteOf(message);
    let round = this.#rounds.get(body.round);
    if (round === undefined) {
      round = new Map();
      this.#rounds.set(body.round, round);
    }
    const first = round.get(signer);
    if (first === undefined) {
      round.set(signer, message);
      return 'added';
    }
    return this.#voteOf(first).body.blockHash === body.blockHash ? 'duplicate' : { conflictsWith: first };
  }

  /** The votes of one round for one block, in the order of arrival; at most one per validator. */
  votesFor(round: number, blockHash: Hash): SignedVote[] {
    const votes: SignedVote[] = [];
    for (const message of this.#rounds.get(round)?.values() ?? []) {
      const vote = this.#voteOf(message);
      if (vote.body.blockHash === blockHash) votes.push(vote);
    }
    return votes;
  }

  /** Who has voted in this round or a later one; a validator may come more than once. */
  *signersSince(round: number): Iterable<Address> {
    for (const [known, messages] of this.#rounds) if (known >= round) yield* messages.keys();
  }

  /** Every vote of one validator, in any order. */
  of(signer: Address): M[] {
    const messages: M[] = [];
    for (const round of this.#rounds.values()) {
      const message = round.get(signer);
      if (message !== undefined) messages.push(message);
    }
    return messages;
  }

  /** Forgets all rounds below `round`. */
  forgetBelow(round: number): void {
    for (const known of this.#rounds.keys()) if (known < round) this.#rounds.delete(known);
  }
}
