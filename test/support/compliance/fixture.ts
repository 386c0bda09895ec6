import type { Type } from '@chainsafe/ssz';
import type { Genesis, Parameters } from '../../../src/types/genesis.ts';
import type { LedgerName } from '../../../src/types/names.ts';
import { encodeOperation, type KindSpec } from '../../../src/types/operations/catalog.ts';
import type { Operation } from '../../../src/types/transaction.ts';
import type { Actor, LedgerChain } from '../ledger-chain.ts';

/** A transaction of one operation on the ledger of the fixture, made for the next block of the chain. */
export interface Plan {
  readonly sender: Actor;
  readonly operation: Operation;
}

export interface FailingPlan extends Plan {
  /** Name of the status that it must fail with. */
  readonly status: string;
}

export function plan<T>(sender: Actor, spec: KindSpec<T>, value: T): Plan {
  return { sender, operation: encodeOperation(spec, value) };
}

export function failing<T>(sender: Actor, spec: KindSpec<T>, value: T, status: string): FailingPlan {
  return { ...plan(sender, spec, value), status };
}

/**
 * One kind of operation, done rightly and wrongly. Both are for the chain as the set-up of all fixtures left it. The
 * successes of all kinds of a ledger must also succeed together in one section, in the order of the catalog.
 */
export interface OperationCase {
  succeeding(chain: LedgerChain): Plan;
  failing(chain: LedgerChain): FailingPlan;
}

/** Work that a ledger carries from block to block, first in, first out. */
export interface Backlog {
  /** How much of it one block does. */
  readonly bound: number;
  /** Writes `count` pieces of due work into the state. */
  fill(chain: LedgerChain, count: number): void;
  /** Numbers of the pieces that the last block has done, in its order; 0 was filled first. */
  done(block: ReturnType<LedgerChain['block']>, chain: LedgerChain): number[];
}

/** All that the compliance suite has to know of a ledger. */
export interface LedgerFixture {
  readonly ledger: LedgerName;
  /** Accounts with coins and meters. */
  readonly actors: readonly Actor[];
  readonly parameters?: Partial<Parameters>;
  extendGenesis?(genesis: Genesis): Genesis;
  /** Blocks after which each kind of operation has something to succeed on. */
  setUp?(chain: LedgerChain): void;
  /** By name of the operation; the suite fails if one of the catalog is missing. */
  readonly cases: Readonly<Record<string, OperationCase>>;
  /** Schema of the proof of its sections. */
  readonly proof: Type<unknown>;
  readonly backlog?: Backlog;
}
