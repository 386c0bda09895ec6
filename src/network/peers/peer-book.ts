import type { PeerRecord } from '../../types/network.ts';
import type { Address, Hash } from '../../types/ssz-bytes.ts';
import type { Validator, ValidatorSet } from '../../types/validator.ts';
import { LIMITS } from '../../util/limits.ts';
import { bindingOf, verifyPeerRecord } from './peer-record.ts';

/**
 * The newest verified record of each peer that was heard of, bounded; records of validators are given up last. Knows
 * which records speak for a validator of the current or next set.
 */
export class PeerBook {
  readonly #genesisHash: Hash;
  readonly #capacity: number;
  readonly #records = new Map<string, PeerRecord>();
  /** Consensus key → validator, over both sets: during a key rotation one validator has two keys. */
  #validatorOfKey: ReadonlyMap<string, Validator> = new Map();
  #validators: readonly Address[] = [];
  #setsHash = '';

  constructor(genesisHash: Hash, capacity: number = LIMITS.maxKnownPeers) {
    this.#genesisHash = genesisHash;
    this.#capacity = capacity;
  }

  /** Returns whether anything changed. */
  setValidators(current: ValidatorSet, next: ValidatorSet): boolean {
    const setsHash = `${current.hash}${next.hash}`;
    if (this.#setsHash === setsHash) return false;
    this.#setsHash = setsHash;
    this.#validatorOfKey = new Map(
      [...current.members, ...next.members].map((validator) => [validator.consensusKey, validator]),
    );
    this.#validators = [...new Set([...this.#validatorOfKey.values()].map(({ id }) => id))].sort();
    return true;
  }

  /** Ids of the validators of both sets, each once, in order. */
  get validators(): readonly Address[] {
    return this.#validators;
  }

  /** The validator for which a record speaks, if that is in one of the sets with that key. */
  validatorOf(record: PeerRecord): Address | undefined {
    const binding = bindingOf(record);
    return binding === undefined ? undefined : this.validatorBehind(binding.validatorKey, binding.validator);
  }

  /** The validator of the sets that has this key, if `id` names it. */
  validatorBehind(consensusKey: string, id: Address): Address | undefined {
    return this.#validatorOfKey.get(consensusKey)?.id === id ? id : undefined;
  }

  /**
   * Verifies and keeps a record unless a newer one is known; returns whether it was news.
   * @throws NetworkError BAD_PEER_RECORD
   */
  learn(record: PeerRecord): boolean {
    const { peerId, sequence } = record.body;
    const known = this.#records.get(peerId);
    if (known !== undefined && known.body.sequence >= sequence) return false;
    verifyPeerRecord(this.#genesisHash, record);
    this.#records.delete(peerId);
    this.#records.set(peerId, record);
    if (this.#records.size > this.#capacity) this.#forgetOne();
    return true;
  }

  get(peerId: string): PeerRecord | undefined {
    return this.#records.get(peerId);
  }

  /** Records that speak for this validator, the highest binding sequence first. */
  recordsOf(validator: Address): PeerRecord[] {
    return this.#all()
      .filter((record) => this.validatorOf(record) === validator)
      .sort((a, b) => bindingSequence(b) - bindingSequence(a));
  }

  /** Records that claim this key, member of a set or not. */
  recordsOfKey(validatorKey: string): PeerRecord[] {
    return this.#all().filter((record) => bindingOf(record)?.validatorKey === validatorKey);
  }

  /** Validators first. */
  sample(count: number): PeerRecord[] {
    const isOfValidator = (record: PeerRecord) => (this.validatorOf(record) === undefined ? 1 : 0);
    return this.#all()
      .sort((a, b) => isOfValidator(a) - isOfValidator(b))
      .slice(0, count);
  }

  #all(): PeerRecord[] {
    return [...this.#records.values()];
  }

  #forgetOne(): void {
    const [oldest] = this.#records.keys();
    const victim =
      this.#all().find((record) => this.validatorOf(record) === undefined)?.body.peerId ?? oldest;
    if (victim !== undefined) this.#records.delete(victim);
  }
}

/** The sequence with which a record claims its validator key. */
export function bindingSequence(record: PeerRecord): number {
  return bindingOf(record)?.sequence ?? 0;
}
