import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { hashOf } from '../../crypto/hash.ts';
import { LightBlockType, SealedHeaderType } from '../light-block.ts';
import { encode } from '../ssz.ts';
import { type Address, AddressType, type Hash, Hash32 } from '../ssz-bytes.ts';
import { Height, SafeU64, U16, U64 } from '../ssz-numbers.ts';
import { ValidatorListType } from '../validator.ts';
import type { LedgerCatalog } from './catalog.ts';

/**
 * The part of the bpci ledger that follows other chains of this kind: a client holds headers of another chain that
 * were final there. Times are those of the other chain's headers, compared with rule time.
 */

const ClientIdentityType = new ContainerType({
  creator: AddressType,
  nonce: U64,
  operation: U16,
  genesisHash: Hash32,
  blockHash: Hash32,
});
/** What names a client: who made it, when, and the header that it began to trust. Nobody can take the name of another. */
export function clientId(identity: {
  creator: Address;
  nonce: bigint;
  operation: number;
  genesisHash: Hash;
  blockHash: Hash;
}): Hash {
  return hashOf('client', encode(ClientIdentityType, identity));
}

/**
 * Begins to follow another chain, at a block that the sender vouches for: the chain checks that it is final under its
 * own validators, not that these are the right ones. Whoever relies on a client compares its first header.
 * `trustingPeriodMs`: how long a header stays a ground for the next; it must be shorter than the other chain's time
 * of unbonding.
 */
export const ClientCreateType = new ContainerType({
  genesisHash: Hash32,
  trustingPeriodMs: SafeU64,
  block: LightBlockType,
});
export type ClientCreate = ValueOf<typeof ClientCreateType>;

/**
 * A later block, whose validators are those that the last header names as next. Where the set has changed more than
 * once since, one update for each header in between that changes it leads there; they fit in one transaction.
 */
export const ClientUpdateType = new ContainerType({ client: Hash32, block: LightBlockType });
export type ClientUpdate = ValueOf<typeof ClientUpdateType>;

/** Two final headers of one height under one set that the client trusts: it is frozen, for good. */
export const ClientMisbehaviourType = new ContainerType({
  client: Hash32,
  validators: ValidatorListType,
  first: SealedHeaderType,
  second: SealedHeaderType,
});
export type ClientMisbehaviour = ValueOf<typeof ClientMisbehaviourType>;

export const CLIENTS = {
  operations: {
    ClientCreate: { kind: 1, type: ClientCreateType },
    ClientUpdate: { kind: 2, type: ClientUpdateType },
    ClientMisbehaviour: { kind: 3, type: ClientMisbehaviourType },
  },
  statuses: {
    // The client
    CLIENT_UNKNOWN: 4050,
    CLIENT_FROZEN: 4051,
    CLIENT_EXPIRED: 4052,
    CLIENT_OF_THIS_CHAIN: 4053,
    TRUSTING_PERIOD_INVALID: 4054,
    // The header
    HEADER_VERSION_UNKNOWN: 4060,
    HEADER_WRONG_CHAIN: 4061,
    HEADER_NOT_NEWER: 4062,
    HEADER_TIME_NOT_LATER: 4063,
    HEADER_FROM_FUTURE: 4064,
    HEADER_TOO_OLD: 4065,
    HEADER_WRONG_PARENT: 4066,
    // Its validators
    VALIDATORS_NOT_OF_HEADER: 4070,
    VALIDATORS_NOT_TRUSTED: 4071,
    // Its certificate
    CERTIFICATE_OF_OTHER_BLOCK: 4080,
    CERTIFICATE_WRONG_SET_SIZE: 4081,
    CERTIFICATE_SEAL_COUNT: 4082,
    CERTIFICATE_BELOW_QUORUM: 4083,
    CERTIFICATE_BAD_SEAL: 4084,
    // Misbehaviour
    HEADERS_NOT_CONFLICTING: 4090,
  },
  events: {
    /** `seals` were verified, of `validators` in the set. */
    ClientCreated: {
      kind: 10,
      type: new ContainerType({
        client: Hash32,
        creator: AddressType,
        chainId: SafeU64,
        genesisHash: Hash32,
        trustingPeriodMs: SafeU64,
        height: Height,
        blockHash: Hash32,
        seals: U16,
        validators: U16,
      }),
    },
    ClientUpdated: {
      kind: 11,
      type: new ContainerType({
        client: Hash32,
        height: Height,
        blockHash: Hash32,
        stateRoot: Hash32,
        timeMs: SafeU64,
        nextValidatorsHash: Hash32,
        seals: U16,
        validators: U16,
      }),
    },
    /** The hashes of the two headers, both final at `height`. */
    ClientFrozen: {
      kind: 12,
      type: new ContainerType({ client: Hash32, height: Height, first: Hash32, second: Hash32 }),
    },
  },
} as const satisfies LedgerCatalog;
