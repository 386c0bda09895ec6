import type { OwnMessage } from './contract.ts';

export type Step = OwnMessage['kind'];

/**
 * Refuses to sign twice in one step. Rounds only grow within a height, so the highest signed round per step is all
 * there is to remember; after a round change no vote for an earlier round is signed. A closed guard signs nothing.
 */
export class SigningGuard {
  readonly #highest: Record<Step, number> = { proposal: -1, prepare: -1, commit: -1, 'round-change': -1 };
  readonly isOpen: boolean;

  constructor(isOpen: boolean) {
    this.isOpen = isOpen;
  }

  maySign(step: Step, round: number): boolean {
    return this.isOpen && round > this.#highest[step] && round >= this.#highest['round-change'];
  }

  /** To be called before the bytes exist, and for every own message that turns up from elsewhere. */
  note(step: Step, round: number): void {
    this.#highest[step] = Math.max(this.#highest[step], round);
  }
}
