import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { hashOf } from '../../crypto/hash.ts';
import {
  AGREEMENT_STATES,
  type AgreementTerms,
  decodeTerms,
  IdText,
  PartyListType,
} from '../../types/agreement.ts';
import { encode } from '../../types/ssz.ts';
import { AddressType, Bytes, type Hash, Hash32 } from '../../types/ssz-bytes.ts';
import { NameOf, SafeU64, U32 } from '../../types/ssz-numbers.ts';
import { LIMITS } from '../../util/limits.ts';
import { InvariantViolation, type StateReader, type StateWriter } from '../seam.ts';
import { Table } from '../state/table.ts';
import { failure } from './failure.ts';

/** Agreements in the bpi sub-tree. */

const StoreEntryType = new ContainerType({ key: IdText, valueHash: Hash32 });

const AgreementType = new ContainerType({
  proposer: AddressType,
  parties: PartyListType,
  /** Parties that have signed, in that order. */
  signers: PartyListType,
  termsHash: Hash32,
  state: NameOf(AGREEMENT_STATES),
  /** How many invocations were executed. */
  sequence: SafeU64,
  /** Last link of the chain of everything that was invoked. */
  tip: Hash32,
  /** Last link of the chain of what was recorded by the entry `record`. */
  records: Hash32,
  /** Keys of the store in order, each with the hash of its value. */
  store: new ListCompositeType(StoreEntryType, LIMITS.maxStoreKeysPerAgreement),
  attestations: U32,
});
export type Agreement = ValueOf<typeof AgreementType>;

export const agreements = new Table('agreement', AgreementType);

/** Terms have bounds of their own; this one only keeps the schema finite. */
const terms = new Table('terms', Bytes(64 * 1024));

/** Values of the store, by agreement and hash of the key. */
export const storedValues = new Table('value', Bytes(1024));

export const ZERO_HASH: Hash = '0'.repeat(64);

/** H("execution", bytes): how this ledger names what went in and out. */
export function executionHash(bytes: Uint8Array): Hash {
  return hashOf('execution', bytes);
}

/** @throws OperationFailure AGREEMENT_UNKNOWN */
export function existingAgreement(own: StateReader, id: Hash): Agreement {
  const agreement = agreements.get(own, id);
  if (agreement === undefined) throw failure('AGREEMENT_UNKNOWN', 'there is no such agreement');
  return agreement;
}

/** @throws OperationFailure NOT_A_PARTY */
export function assertParty(agreement: Agreement, address: string): void {
  if (!agreement.parties.includes(address)) throw failure('NOT_A_PARTY', 'the sender is no party');
}

/**
 * Everything that an agreement is at this moment: its state, its signers, its store and, by the chain of invocations,
 * all that was done under it. The zero hash if there is none.
 */
export function agreementRoot(own: StateReader, id: Hash): Hash {
  const agreement = agreements.get(own, id);
  return agreement === undefined ? ZERO_HASH : executionHash(encode(AgreementType, agreement));
}

export function saveTerms(own: StateWriter, id: Hash, bytes: Uint8Array): void {
  terms.set(own, bytes, id);
}

/** The terms of an agreement that exists. */
export function termsOf(own: StateReader, id: Hash): AgreementTerms {
  const bytes = terms.get(own, id);
  if (bytes === undefined) throw new InvariantViolation(`agreement ${id} has no terms`);
  return decodeTerms(bytes);
}
