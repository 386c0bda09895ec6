import type { Address, Hash } from '../../types/ssz-bytes.ts';
import type { Awaitable } from './awaitable.ts';

/** A candidate or validator, and the votes about it that still count. */
export interface MemberView {
  readonly id: Address;
  readonly status: 'candidate' | 'validator' | 'jailed';
  readonly consensusKey: string;
  readonly vrfKey: string;
  readonly bond: bigint;
  readonly votes: readonly {
    readonly voter: Address;
    readonly decision: 'admit' | 'remove';
    readonly expiresAtMs: number;
  }[];
}

/** How often the seal of a validator counted and was missing, in all and of the last blocks. */
export interface ParticipationView {
  readonly seals: number;
  readonly missed: number;
  readonly recentBlocks: number;
  readonly recentMissed: number;
}

export interface AnchorView {
  readonly height: number;
  readonly blockHash: Hash;
  readonly target: string;
  readonly reference: string;
  readonly by: Address;
  readonly seals: number;
  readonly validators: number;
  readonly atMs: number;
}

export interface ClientHeaderView {
  readonly height: number;
  readonly blockHash: Hash;
  readonly stateRoot: Hash;
  readonly receiptsRoot: Hash;
  readonly timeMs: number;
  readonly validatorsHash: Hash;
  readonly nextValidatorsHash: Hash;
}

/** A client of another chain at the head; `headers` are in ascending order. */
export interface ClientView {
  readonly id: Hash;
  readonly creator: Address;
  readonly chainId: number;
  readonly genesisHash: Hash;
  readonly trustingPeriodMs: number;
  readonly createdAtMs: number;
  readonly headers: readonly ClientHeaderView[];
  readonly conflict: { readonly height: number; readonly first: Hash; readonly second: Hash } | undefined;
}

/** What was recorded of the messages of one source and service. */
export interface ChannelView {
  readonly nonce: bigint;
  readonly destination: string;
  readonly frameHash: Hash;
  readonly atMs: number;
  readonly messages: number;
}

/** Reads of the bpci ledger at the head. */
export interface BpciPort {
  /** By id. */
  members(): readonly MemberView[];
  /** Undefined for an account whose seal was never asked for. */
  participation(validator: Address): ParticipationView | undefined;
  /** By height, target and sender; with `height` only those of one header. */
  anchors(height: number | undefined): readonly AnchorView[];
  client(id: Hash): ClientView | undefined;
  /** Ids in ascending order; with `genesisHash` those of one chain. */
  clients(genesisHash: Hash | undefined): readonly Hash[];
  channel(source: string, service: Hash): ChannelView | undefined;
  /** Heights above `after` and below `before` whose header names other validators for the next, ascending. */
  validatorChanges(after: number, before: number): Awaitable<readonly number[]>;
}
