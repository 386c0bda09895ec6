import type { Address } from '../types/ssz-bytes.ts';
import type { ValidatorSet } from '../types/validator.ts';

/**
 * The highest height each validator has signed anything for. A validator that votes on a height holds the block
 * before it, so what f + 1 of them reached is reached by an honest one.
 */
export class HeightEstimates {
  readonly #highest = new Map<Address, number>();

  note(signer: Address, height: number): void {
    if (height > (this.#highest.get(signer) ?? 0)) this.#highest.set(signer, height);
  }

  /** The highest height that a weak quorum works on, or undefined while fewer have spoken. */
  reachedByWeakQuorum(validators: ValidatorSet): number | undefined {
    const heights = validators.members.map((member) => this.#highest.get(member.id) ?? 0);
    heights.sort((a, b) => b - a);
    const height = heights[validators.weakQuorum - 1] as number;
    return height > 0 ? height : undefined;
  }

  /** Forgets everyone outside the two sets, so that the map stays as small as they are. */
  keepOnly(validators: ValidatorSet, next: ValidatorSet): void {
    for (const signer of this.#highest.keys())
      if (!validators.has(signer) && !next.has(signer)) this.#highest.delete(signer);
  }
}
