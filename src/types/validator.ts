import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { hashOf } from '../crypto/hash.ts';
import { LIMITS } from '../util/limits.ts';
import { faultTolerance, quorum, weakQuorum } from './quorum.ts';
import { encode } from './ssz.ts';
import { type Address, AddressType, Key32 } from './ssz-bytes.ts';

/**
 * `id` is the address of the account that joined; it never changes, KeyRotate swaps only the keys. Bonds stand in
 * the bpci ledger, not here.
 */
export const ValidatorType = new ContainerType({
  id: AddressType,
  consensusKey: Key32,
  vrfKey: Key32,
});
export type Validator = ValueOf<typeof ValidatorType>;

export const ValidatorListType = new ListCompositeType(ValidatorType, LIMITS.maxValidators);

/** A validator set V(h), ordered by id: proposer order and certificate bitmaps refer to these indexes. */
export class ValidatorSet {
  readonly members: readonly Validator[];
  readonly #indexOf: ReadonlyMap<Address, number>;
  #hash: string | undefined;

  /** Sorts a copy of `validators` by id. Throws a RangeError for an empty or oversize set or a repeated id or key. */
  constructor(validators: readonly Validator[]) {
    if (validators.length < 1 || validators.length > LIMITS.maxValidators)
      throw new RangeError(`a validator set has 1 to ${LIMITS.maxValidators} members`);
    this.members = [...validators].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
    this.#indexOf = new Map(this.members.map((validator, index) => [validator.id, index]));
    const keys = new Set(this.members.map((validator) => validator.consensusKey));
    if (this.#indexOf.size !== this.members.length || keys.size !== this.members.length)
      throw new RangeError('a validator set repeats an id or a consensus key');
  }

  get size(): number {
    return this.members.length;
  }

  get quorum(): number {
    return quorum(this.size);
  }

  get weakQuorum(): number {
    return weakQuorum(this.size);
  }

  get faultTolerance(): number {
    return faultTolerance(this.size);
  }

  /** validatorsHash of a header: H("validators", SSZ list). */
  get hash(): string {
    this.#hash ??= hashOf('validators', encode(ValidatorListType, [...this.members]));
    return this.#hash;
  }

  /** Place in the ordered set, or undefined for a stranger. */
  indexOf(id: Address): number | undefined {
    return this.#indexOf.get(id);
  }

  has(id: Address): boolean {
    return this.#indexOf.has(id);
  }

  get(id: Address): Validator | undefined {
    const index = this.#indexOf.get(id);
    return index === undefined ? undefined : this.members[index];
  }

  at(index: number): Validator | undefined {
    return this.members[index];
  }

  byConsensusKey(key: string): Validator | undefined {
    return this.members.find((validator) => validator.consensusKey === key);
  }
}
