import {
  BPCI,
  type KeyRotate,
  type ValJoin,
  type ValLeave,
  type ValVote,
} from '../../types/operations/bpci.ts';
import { BOND_PURPOSE } from '../../types/operations/settlement-messages.ts';
import { quorum } from '../../types/quorum.ts';
import type { Address } from '../../types/ssz-bytes.ts';
import { COMMON_STATUSES } from '../../types/status.ts';
import type { ValidatorSet } from '../../types/validator.ts';
import { LIMITS } from '../../util/limits.ts';
import { type LockRecord, type OperationContext, OperationFailure } from '../seam.ts';
import { isLockSpent, noteLockSpent } from '../state/spent-locks.ts';
import { failure } from './failure.ts';
import { assertJoinKeys, assertRotationKeys } from './key-proofs.ts';
import {
  changeSet,
  countChange,
  departedBonds,
  latestSet,
  type Member,
  members,
  saveMember,
  unbonding,
  votes,
} from './membership.ts';

/**
 * Operations on the validator set. What they decide in block h takes effect in V(h + 2); membership is judged by the
 * latest set, V(h + 1) with what this block changed before.
 */

/** A genesis may set a window to "never": times stop at the largest that is exact. */
function later(timeMs: number, windowMs: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, timeMs + windowMs);
}

/** The lock that secures a join: there as of S, the sender's, unspent and large enough. */
function usableBond(ref: string, context: OperationContext): LockRecord {
  const lock = context.lock(ref);
  if (lock === undefined) throw failure('BOND_UNKNOWN', 'no such lock in the state before this section');
  if (lock.owner !== context.sender) throw failure('NOT_BOND_OWNER', 'the lock belongs to another account');
  if (lock.purpose !== BOND_PURPOSE || lock.token !== 'GEN')
    throw failure('NOT_A_BOND', 'a bond is GEN locked for the purpose bond');
  if (isLockSpent(context.own, ref)) throw failure('BOND_SPENT', 'the lock has served before');
  if (lock.amount < context.parameters.minBond)
    throw failure('BOND_TOO_SMALL', `a bond has at least ${context.parameters.minBond} micro-GEN`);
  return lock;
}

export function executeValJoin(join: ValJoin, context: OperationContext): void {
  const { own, sender } = context;
  if (members.has(own, sender) || latestSet(context).has(sender))
    throw failure('ALREADY_REGISTERED', 'the sender is a candidate or a validator');
  const bond = usableBond(join.bondRef, context);
  assertJoinKeys(join, context);
  noteLockSpent(own, join.bondRef);
  const { consensusKey, vrfKey, bondRef } = join;
  const member: Member = { status: 'candidate', consensusKey, vrfKey, bondRef, bond: bond.amount };
  saveMember(own, sender, member);
  context.emit(BPCI.events.CandidateRegistered, {
    candidate: sender,
    consensusKey,
    vrfKey,
    bondRef,
    bond: bond.amount,
  });
  if (context.parameters.bondAdmits) admit(sender, member, context);
}

export function executeValLeave(leave: ValLeave, context: OperationContext): void {
  if (leave.validator !== context.sender)
    throw new OperationFailure(COMMON_STATUSES.NOT_AUTHORIZED, 'only the validator itself may leave');
  const member = members.get(context.own, context.sender);
  if (member === undefined) throw failure('NOT_REGISTERED', 'the sender is neither candidate nor validator');
  if (member.status === 'validator') {
    remove(context.sender, member, context);
    return;
  }
  context.emit(BPCI.events.CandidateWithdrawn, { candidate: context.sender });
  unregister(context.sender, member, context);
}

export function executeKeyRotate(rotate: KeyRotate, context: OperationContext): void {
  const { own, sender } = context;
  const member = members.get(own, sender);
  if (member === undefined) throw failure('NOT_REGISTERED', 'the sender is neither candidate nor validator');
  const { consensusKey, vrfKey } = rotate;
  if (consensusKey === member.consensusKey && vrfKey === member.vrfKey)
    throw failure('KEY_IN_USE', 'a rotation brings at least one new key');
  assertRotationKeys(rotate, member.consensusKey, context);
  saveMember(own, sender, { ...member, consensusKey, vrfKey });
  if (member.status === 'validator') {
    const others = latestSet(context).members.filter((validator) => validator.id !== sender);
    changeSet(own, [...others, { id: sender, consensusKey, vrfKey }]);
  }
  context.emit(BPCI.events.KeysRotated, {
    validator: sender,
    consensusKey,
    vrfKey,
    fromHeight: context.height + 2,
  });
}

export function executeValVote(vote: ValVote, context: OperationContext): void {
  const latest = latestSet(context);
  if (!latest.has(context.sender)) throw failure('NOT_A_VALIDATOR', 'only validators vote');
  const member = members.get(context.own, vote.candidate);
  if (member === undefined) throw failure('NOT_REGISTERED', 'the account is neither candidate nor validator');
  if (vote.decision === 'admit' && member.status !== 'candidate')
    throw failure('NOT_A_CANDIDATE', 'the account is a validator or jailed');
  if (vote.decision === 'remove' && member.status !== 'validator')
    throw failure('NOT_A_VALIDATOR', 'the account is no validator');
  const inFavour = countVote(vote, latest, context);
  const needed = quorum(latest.size);
  context.emit(BPCI.events.VoteCounted, {
    voter: context.sender,
    candidate: vote.candidate,
    decision: vote.decision,
    votes: inFavour,
    needed,
  });
  if (inFavour < needed) return;
  if (vote.decision === 'admit') admit(vote.candidate, member, context);
  else remove(vote.candidate, member, context);
}

/** Adds the sender's vote and returns how many valid ones there are of its decision. */
function countVote(vote: ValVote, latest: ValidatorSet, context: OperationContext): number {
  const valid = (votes.get(context.own, vote.candidate) ?? []).filter(
    ({ voter, expiresAtMs }) => latest.has(voter) && expiresAtMs >= context.timeMs,
  );
  const before = valid.find(({ voter }) => voter === context.sender);
  if (before?.decision === vote.decision) throw failure('ALREADY_VOTED', 'the vote stands already');
  const others = valid.filter(({ voter }) => voter !== context.sender);
  const expiresAtMs = later(context.timeMs, context.parameters.validatorVoteExpiryMs);
  const all = [...others, { voter: context.sender, decision: vote.decision, expiresAtMs }];
  votes.set(context.own, all, vote.candidate);
  return all.filter(({ decision }) => decision === vote.decision).length;
}

function admit(id: Address, member: Member, context: OperationContext): void {
  const latest = latestSet(context);
  if (latest.size >= LIMITS.maxValidators)
    throw failure('VALIDATOR_SET_FULL', `a set has at most ${LIMITS.maxValidators} validators`);
  if (!countChange(context)) throw failure('VALIDATOR_CHANGE_LIMIT', 'no more changes in this window');
  const { consensusKey, vrfKey } = member;
  changeSet(context.own, [...latest.members, { id, consensusKey, vrfKey }]);
  saveMember(context.own, id, { ...member, status: 'validator' });
  votes.delete(context.own, id);
  context.emit(BPCI.events.ValidatorAdmitted, { validator: id, fromHeight: context.height + 2 });
}

function remove(id: Address, member: Member, context: OperationContext): void {
  const latest = latestSet(context);
  if (latest.size === 1) throw failure('LAST_VALIDATOR', 'the last validator cannot leave');
  if (!countChange(context)) throw failure('VALIDATOR_CHANGE_LIMIT', 'no more changes in this window');
  changeSet(
    context.own,
    latest.members.filter((validator) => validator.id !== id),
  );
  context.emit(BPCI.events.ValidatorRemoved, { validator: id, fromHeight: context.height + 2 });
  unregister(id, member, context);
}

/** Forgets the member and sends its bond on the way back. The bond of a genesis validator may be zero. */
function unregister(id: Address, { status, bondRef, bond }: Member, context: OperationContext): void {
  members.delete(context.own, id);
  votes.delete(context.own, id);
  if (bond === 0n) return;
  if (status !== 'candidate') departedBonds.set(context.own, bondRef, id);
  const releaseAtMs = later(context.timeMs, context.parameters.unbondingMs);
  unbonding.push(context.own, { owner: id, bondRef, releaseAtMs });
  context.emit(BPCI.events.BondUnlocking, { owner: id, bondRef, bond, releaseAtMs });
}
