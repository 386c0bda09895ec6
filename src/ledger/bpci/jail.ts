import type { Address, Hash } from '../../types/ssz-bytes.ts';
import type { ValidatorSet } from '../../types/validator.ts';
import type { StateReader, StateWriter } from '../seam.ts';
import { changeSet, departedBonds, members, saveMember, votes } from './membership.ts';

/**
 * The lock with which an account answers for what it did as a validator: the bond of a validator, jailed or not;
 * otherwise the bond that it last stood in the set with, which may be on its way back.
 */
export function answeringBond(own: StateReader, id: Address): Hash | undefined {
  const member = members.get(own, id);
  return member === undefined || member.status === 'candidate' ? departedBonds.get(own, id) : member.bondRef;
}

/** Notes that a bond has become smaller, where it is that of a member. */
export function reduceBond(own: StateWriter, id: Address, bondRef: Hash, amount: bigint): void {
  const member = members.get(own, id);
  if (member?.bondRef === bondRef) saveMember(own, id, { ...member, bond: member.bond - amount });
}

/** Whether the account is registered and not jailed yet. */
export function isJailable(own: StateReader, id: Address): boolean {
  const member = members.get(own, id);
  return member !== undefined && member.status !== 'jailed';
}

/**
 * Takes a member out of the latest set for good: it may leave, which gives back what is left of its bond, and join
 * anew. Caps on changes of the set do not protect it, but the last validator stays, because a chain without one
 * stands still. Returns whether the account is jailed now; one that has left already is not.
 */
export function jail(own: StateWriter, id: Address, latest: ValidatorSet): boolean {
  const member = members.get(own, id);
  if (member === undefined) return false;
  if (latest.has(id)) {
    if (latest.size === 1) return false;
    changeSet(
      own,
      latest.members.filter((validator) => validator.id !== id),
    );
  }
  saveMember(own, id, { ...member, status: 'jailed' });
  votes.delete(own, id);
  return true;
}
