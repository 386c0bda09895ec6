import type { RoundChangeMessage } from '../types/consensus-message.ts';
import type { Address } from '../types/ssz-bytes.ts';

export type RoundChangeAdded =
  | 'added'
  | 'duplicate'
  | 'lower'
  | { readonly conflictsWith: RoundChangeMessage };

/**
 * The round changes of one height: one slot per validator, its highest. There is no window on rounds: after a long
 * outage survivors at round 400 and restarted validators at round 0 must still find each other.
 */
export class RoundChangeTable {
  readonly #highest = new Map<Address, RoundChangeMessage>();

  add(message: RoundChangeMessage): RoundChangeAdded {
    const { body, signer } = message.roundChange;
    const known = this.#highest.get(signer);
    if (known === undefined || body.round > known.roundChange.body.round) {
      this.#highest.set(signer, message);
      return 'added';
    }
    const other = known.roundChange.body;
    if (body.round < other.round) return 'lower';
    const same = body.preparedRound === other.preparedRound && body.preparedHash === other.preparedHash;
    return same ? 'duplicate' : { conflictsWith: known };
  }

  /** How many validators have asked for any round. */
  get size(): number {
    return this.#highest.size;
  }

  get(signer: Address): RoundChangeMessage | undefined {
    return this.#highest.get(signer);
  }

  /** The round changes of validators whose highest round is exactly `round`. */
  ofRound(round: number): RoundChangeMessage[] {
    return this.all().filter((message) => message.roundChange.body.round === round);
  }

  all(): RoundChangeMessage[] {
    return [...this.#highest.values()];
  }

  /** The highest round that at least `count` validators reached, or undefined while fewer have spoken. */
  roundReachedBy(count: number): number | undefined {
    const rounds = this.all().map((message) => message.roundChange.body.round);
    rounds.sort((a, b) => b - a);
    return rounds[count - 1];
  }
}
