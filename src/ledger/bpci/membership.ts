import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import type { GenesisValidator } from '../../types/genesis.ts';
import { VoteDecisionType } from '../../types/operations/bpci.ts';
import { genesisBondRef } from '../../types/operations/settlement-messages.ts';
import { type Address, AddressType, Hash32, Key32 } from '../../types/ssz-bytes.ts';
import { NameOf, SafeU64, U32, U128 } from '../../types/ssz-numbers.ts';
import { type Validator, ValidatorListType, ValidatorSet } from '../../types/validator.ts';
import { LIMITS } from '../../util/limits.ts';
import type { LedgerContext, StateReader, StateWriter } from '../seam.ts';
import { Queue } from '../state/queue.ts';
import { noteLockSpent } from '../state/spent-locks.ts';
import { Table } from '../state/table.ts';
import { nextValidators } from '../system/validator-sets.ts';

/** Who is registered, in the bpci sub-tree: candidates and validators, their keys, bonds and votes. */

const MemberType = new ContainerType({
  /** `jailed`: evidence put it out of the set; it may only leave. */
  status: NameOf(['candidate', 'validator', 'jailed']),
  consensusKey: Key32,
  vrfKey: Key32,
  bondRef: Hash32,
  bond: U128,
});
export type Member = ValueOf<typeof MemberType>;
export const members = new Table('validator', MemberType);

/** Who registered a key first. A key stays bound to that account for ever, so evidence has one culprit. */
const consensusKeyOwners = new Table('consensus-key', AddressType);
const vrfKeyOwners = new Table('vrf-key', AddressType);

const VoteListType = new ListCompositeType(
  new ContainerType({ voter: AddressType, decision: VoteDecisionType, expiresAtMs: SafeU64 }),
  LIMITS.maxValidators,
);
/** Votes about one account. */
export const votes = new Table('votes', VoteListType);

const UnbondingType = new ContainerType({ owner: AddressType, bondRef: Hash32, releaseAtMs: SafeU64 });
/** Bonds on their way back, in the order in which they are due. */
export const unbonding = new Queue<ValueOf<typeof UnbondingType>>('unbonding', UnbondingType);

/** The bond with which an account last stood in the set, once it has left: it still answers for what it did there. */
export const departedBonds = new Table('departed-bond', Hash32);

/** V(h + 2) as far as it was changed in this block; EndBlock takes it away. */
const changedSet = new Table('changed-set', ValidatorListType);

const ChangeWindowType = new ContainerType({ window: SafeU64, changes: U32 });
const changeWindow = new Table('change-window', ChangeWindowType);

/** Whether an account may use these keys: nobody else has registered one of them. */
export function areKeysFree(
  own: StateReader,
  id: Address,
  keys: { consensusKey: string; vrfKey: string },
): boolean {
  const owners = [consensusKeyOwners.get(own, keys.consensusKey), vrfKeyOwners.get(own, keys.vrfKey)];
  return owners.every((owner) => owner === undefined || owner === id);
}

/** Writes a member and binds its keys to it. */
export function saveMember(own: StateWriter, id: Address, member: Member): void {
  members.set(own, member, id);
  consensusKeyOwners.set(own, id, member.consensusKey);
  vrfKeyOwners.set(own, id, member.vrfKey);
}

/** The latest set: V(h + 1), with what this block changed so far. */
export function latestSet(context: Pick<LedgerContext, 'own' | 'at'>): ValidatorSet {
  const changed = changedSet.get(context.own);
  return changed === undefined ? nextValidators(context.at('system')) : new ValidatorSet(changed);
}

/** Makes this the set from height h + 2 on. */
export function changeSet(own: StateWriter, validators: readonly Validator[]): void {
  changedSet.set(own, [...new ValidatorSet(validators).members]);
}

/** The set that this block's operations made, if they made one; afterwards the note is gone. */
export function takeChangedSet(own: StateWriter): ValidatorSet | undefined {
  const changed = changedSet.get(own);
  if (changed === undefined) return undefined;
  changedSet.delete(own);
  return new ValidatorSet(changed);
}

/** Counts one admission or removal, or returns false if the window allows no more. */
export function countChange(context: LedgerContext): boolean {
  const { maxValidatorChanges, validatorWindowHeights } = context.parameters;
  if (maxValidatorChanges === 0) return true;
  const window = Math.floor(context.height / Math.max(1, validatorWindowHeights));
  const last = changeWindow.get(context.own);
  const changes = last?.window === window ? last.changes : 0;
  if (changes >= maxValidatorChanges) return false;
  changeWindow.set(context.own, { window, changes: changes + 1 });
  return true;
}

/** Registers the validators of genesis. The locks of their bonds, which economy makes, count as spent. */
export function registerGenesisValidators(own: StateWriter, validators: readonly GenesisValidator[]): void {
  for (const { id, consensusKey, vrfKey, bond } of validators) {
    const bondRef = genesisBondRef(id);
    saveMember(own, id, { status: 'validator', consensusKey, vrfKey, bondRef, bond });
    if (bond > 0n) noteLockSpent(own, bondRef);
  }
}
