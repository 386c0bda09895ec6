import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { signingBytes } from '../../crypto/hash.ts';
import { encode } from '../ssz.ts';
import { AddressType, type Hash, Hash32, Key32, Signature64, VrfProof80 } from '../ssz-bytes.ts';
import { Height, NameOf, SafeU64, U16, U64, U128 } from '../ssz-numbers.ts';
import { CLIENTS } from './bpci-clients.ts';
import { RECORDS } from './bpci-records.ts';
import type { LedgerCatalog } from './catalog.ts';

/**
 * Operations, statuses and events of the bpci ledger: the validator set here, other chains in bpci-clients.ts, anchors
 * and messages in bpci-records.ts. A validator is named by the address of the account that joined.
 */

const KeyClaimType = new ContainerType({ validator: AddressType, consensusKey: Key32, vrfKey: Key32 });
/** Which account claims which keys. */
export type KeyClaim = ValueOf<typeof KeyClaimType>;

/**
 * What proves that the account holds both keys: the consensus key signs these bytes, and they are the input of the
 * VRF key's proof. They name the account, so nobody can join with the proof of another.
 */
export function keyClaimBytes(genesisHash: Hash, claim: KeyClaim): Uint8Array {
  return signingBytes('proof-of-possession', genesisHash, encode(KeyClaimType, claim));
}

const KeyRotationType = new ContainerType({
  validator: AddressType,
  nonce: U64,
  consensusKey: Key32,
  vrfKey: Key32,
});
/** `nonce` is that of the transaction: an old rotation cannot be replayed to bring a retired key back. */
export type KeyRotation = ValueOf<typeof KeyRotationType>;

/** What both the old and the new consensus key sign. */
export function keyRotationBytes(genesisHash: Hash, rotation: KeyRotation): Uint8Array {
  return signingBytes('key-rotation', genesisHash, encode(KeyRotationType, rotation));
}

/** Registers the sender as a candidate. `bondRef` names a lock of its GEN for this ledger, purpose `bond`. */
export const ValJoinType = new ContainerType({
  consensusKey: Key32,
  vrfKey: Key32,
  bondRef: Hash32,
  consensusProof: Signature64,
  vrfProof: VrfProof80,
});
export type ValJoin = ValueOf<typeof ValJoinType>;

/** Ends the sender's membership or candidacy; `validator` must be the sender. */
export const ValLeaveType = new ContainerType({ validator: AddressType });
export type ValLeave = ValueOf<typeof ValLeaveType>;

/** New keys of the sender. `vrfProof` is the new VRF key's, over the claim bytes of the new keys. */
export const KeyRotateType = new ContainerType({
  consensusKey: Key32,
  vrfKey: Key32,
  oldSignature: Signature64,
  newSignature: Signature64,
  vrfProof: VrfProof80,
});
export type KeyRotate = ValueOf<typeof KeyRotateType>;

export const VOTE_DECISIONS = ['admit', 'remove'] as const;
export const VoteDecisionType = NameOf(VOTE_DECISIONS);

/** A validator's vote about another account. */
export const ValVoteType = new ContainerType({ candidate: AddressType, decision: VoteDecisionType });
export type ValVote = ValueOf<typeof ValVoteType>;

export const BPCI = {
  operations: {
    ...CLIENTS.operations,
    ...RECORDS.operations,
    ValJoin: { kind: 9, type: ValJoinType },
    ValLeave: { kind: 10, type: ValLeaveType },
    KeyRotate: { kind: 11, type: KeyRotateType },
    ValVote: { kind: 15, type: ValVoteType },
  },
  statuses: {
    // Keys
    KEY_IN_USE: 4000,
    WEAK_KEY: 4001,
    POSSESSION_NOT_PROVED: 4002,
    ROTATION_SIGNATURE_WRONG: 4003,
    // Bond
    BOND_UNKNOWN: 4010,
    NOT_BOND_OWNER: 4011,
    BOND_SPENT: 4012,
    BOND_TOO_SMALL: 4013,
    NOT_A_BOND: 4014,
    // Membership
    ALREADY_REGISTERED: 4020,
    NOT_A_VALIDATOR: 4021,
    NOT_A_CANDIDATE: 4022,
    NOT_REGISTERED: 4023,
    ALREADY_VOTED: 4024,
    LAST_VALIDATOR: 4025,
    VALIDATOR_SET_FULL: 4026,
    VALIDATOR_CHANGE_LIMIT: 4027,
    ...RECORDS.statuses,
    ...CLIENTS.statuses,
  },
  events: {
    CandidateRegistered: {
      kind: 1,
      type: new ContainerType({
        candidate: AddressType,
        consensusKey: Key32,
        vrfKey: Key32,
        bondRef: Hash32,
        bond: U128,
      }),
    },
    CandidateWithdrawn: { kind: 2, type: new ContainerType({ candidate: AddressType }) },
    /** `votes` counts the valid votes of this decision with this one, of `needed`. */
    VoteCounted: {
      kind: 3,
      type: new ContainerType({
        voter: AddressType,
        candidate: AddressType,
        decision: VoteDecisionType,
        votes: U16,
        needed: U16,
      }),
    },
    ValidatorAdmitted: { kind: 4, type: new ContainerType({ validator: AddressType, fromHeight: Height }) },
    ValidatorRemoved: { kind: 5, type: new ContainerType({ validator: AddressType, fromHeight: Height }) },
    KeysRotated: {
      kind: 6,
      type: new ContainerType({
        validator: AddressType,
        consensusKey: Key32,
        vrfKey: Key32,
        fromHeight: Height,
      }),
    },
    /** The bond goes back to its owner at or after `releaseAtMs`. */
    BondUnlocking: {
      kind: 7,
      type: new ContainerType({ owner: AddressType, bondRef: Hash32, bond: U128, releaseAtMs: SafeU64 }),
    },
    ...CLIENTS.events,
    ...RECORDS.events,
  },
} as const satisfies LedgerCatalog;

export type BpciStatus = keyof typeof BPCI.statuses;
