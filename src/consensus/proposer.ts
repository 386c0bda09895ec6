import type { Address } from '../types/ssz-bytes.ts';
import type { ValidatorSet } from '../types/validator.ts';

/**
 * Who proposes in a round: the successor, in set order, of the validator that built the parent block, one further
 * per round. If that validator has left the set, the first id greater than its own starts, wrapping. Height 1 has no
 * parent proposer and starts at index 0. A function of the committed parent header and V(h) only, so that all nodes
 * agree on it.
 */
export function proposerOf(
  parentProposer: Address | undefined,
  round: number,
  validators: ValidatorSet,
): Address {
  const index = (firstProposerIndex(parentProposer, validators) + round) % validators.size;
  return (validators.at(index) as { id: Address }).id;
}

function firstProposerIndex(parentProposer: Address | undefined, validators: ValidatorSet): number {
  if (parentProposer === undefined) return 0;
  const index = validators.indexOf(parentProposer);
  if (index !== undefined) return (index + 1) % validators.size;
  const successor = validators.members.findIndex((member) => member.id > parentProposer);
  return Math.max(successor, 0);
}
