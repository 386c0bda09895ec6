import { faultTolerance } from '../types/quorum.ts';
import { type Validator, ValidatorSet } from '../types/validator.ts';
import type { FaultCounts } from './faults/faults.ts';
import type { Random } from './random.ts';
import type { SignatureScheme } from './signatures.ts';

/** Probability that a height changes the set of the height after the next. */
const CHANGE_CHANCE = 0.4;

/** The members of V(height), by the index of the node. */
export type SetPlan = (height: number) => readonly number[];

/**
 * V(h) of every height: at first the first `n` nodes, then, while changes are on, sets in which one node at a time
 * joins, leaves or rotates its key. On a chain such changes are transactions; here the seed decides them, which for the
 * cores is the same: they are told V(h) and V(h + 1). A set never holds more faulty nodes than it tolerates.
 */
export class ValidatorSchedule {
  /** Every node that is or may become a validator, by index: its id never changes. */
  readonly ids: readonly string[];
  readonly #scheme: SignatureScheme;
  readonly #random: Random;
  readonly #counts: FaultCounts;
  readonly #plan: SetPlan | undefined;
  readonly #sets: ValidatorSet[] = [];
  #faulty: ReadonlySet<string> = new Set();
  #isChanging: boolean;

  constructor(
    options: { n: number; reserve: number; isChanging: boolean; plan?: SetPlan | undefined },
    scheme: SignatureScheme,
    random: Random,
    counts: FaultCounts,
  ) {
    this.#scheme = scheme;
    this.#random = random;
    this.#counts = counts;
    this.#isChanging = options.isChanging;
    this.#plan = options.plan;
    const everyone = new ValidatorSet(
      Array.from({ length: options.n + options.reserve }, (_, index) => this.#member(index)),
    );
    this.ids = everyone.members.map((member) => member.id);
    // The reserve is drawn, so that joining ids stand anywhere in the order of the set.
    const reserve = new Set(random.sample(this.ids, options.reserve));
    const first = new ValidatorSet(everyone.members.filter((member) => !reserve.has(member.id)));
    if (options.plan === undefined) this.#sets.push(first, first);
  }

  /** Nodes that are Byzantine or may lose their vote: never more than f of them in one set. */
  set faulty(ids: ReadonlySet<string>) {
    this.#faulty = ids;
  }

  /** The set that votes on `height`, from 1 on. */
  at(height: number): ValidatorSet {
    while (this.#sets.length < height) {
      const next =
        this.#planned(this.#sets.length + 1) ?? this.#successorOf(this.#sets.at(-1) as ValidatorSet);
      this.#sets.push(next);
    }
    return this.#sets[height - 1] as ValidatorSet;
  }

  /** The highest height whose set is settled. */
  get settledHeight(): number {
    return this.#sets.length;
  }

  /** No more changes: all sets that are not yet settled are the last one. */
  freeze(): void {
    this.#isChanging = false;
  }

  indexOf(id: string): number | undefined {
    const index = this.ids.indexOf(id);
    return index < 0 ? undefined : index;
  }

  #planned(height: number): ValidatorSet | undefined {
    if (this.#plan === undefined) return undefined;
    return new ValidatorSet(
      this.#plan(height).map((index) => {
        const id = this.ids[index] as string;
        return { id, consensusKey: this.#scheme.publicKeyOf(`planned key of ${id}`), vrfKey: id };
      }),
    );
  }

  #member(index: number): Validator {
    const id = this.#scheme.publicKeyOf(`id of ${index}`);
    return { id, consensusKey: this.#scheme.publicKeyOf(`${index}, key 0`), vrfKey: id };
  }

  #successorOf(set: ValidatorSet): ValidatorSet {
    if (!this.#isChanging || !this.#random.chance(CHANGE_CHANCE)) return set;
    const candidate = this.#random.pick([this.#joined, this.#left, this.#rotated]).call(this, set);
    if (candidate === undefined || !this.#isTolerable(candidate)) return set;
    this.#counts.note('validator-change');
    return candidate;
  }

  #isTolerable(set: ValidatorSet): boolean {
    const faulty = set.members.filter((member) => this.#faulty.has(member.id));
    return faulty.length <= faultTolerance(set.size);
  }

  #joined(set: ValidatorSet): ValidatorSet | undefined {
    const outside = this.ids.filter((id) => !set.has(id));
    if (outside.length === 0) return undefined;
    const id = this.#random.pick(outside);
    return new ValidatorSet([...set.members, { id, consensusKey: this.#newKey(id), vrfKey: id }]);
  }

  #left(set: ValidatorSet): ValidatorSet | undefined {
    if (set.size === 1) return undefined;
    const leaver = this.#random.pick(set.members);
    return new ValidatorSet(set.members.filter((member) => member !== leaver));
  }

  #rotated(set: ValidatorSet): ValidatorSet {
    const rotating = this.#random.pick(set.members);
    return new ValidatorSet(
      set.members.map((member) =>
        member === rotating ? { ...member, consensusKey: this.#newKey(member.id) } : member,
      ),
    );
  }

  #newKey(id: string): string {
    return this.#scheme.publicKeyOf(`${id}, key ${this.#sets.length}`);
  }
}
