import type { LedgerName } from '../../src/types/names.ts';
import type { Hash } from '../../src/types/ssz-bytes.ts';
import type { Operation } from '../../src/types/transaction.ts';
import type { Account, AuthorityKeys, Lane, ValidatorIdentity } from '../identities.ts';

/** What all transactions of one plan have in common. */
export interface PlanSetting {
  readonly seed: string;
  readonly chainId: number;
  readonly genesisHash: string;
  readonly lane: Lane;
  readonly validators: readonly ValidatorIdentity[];
  readonly authorities: AuthorityKeys;
  /** Wall time at which the plan begins. */
  readonly startMs: number;
  /** A block of the chain that was final before the plan began. */
  readonly finalBlock: { readonly height: number; readonly hash: Hash };
  /** Tells one plan on a chain from the next, so that names and references are never used twice. */
  readonly runId: number;
}

/**
 * What a load generator can do on one ledger is a list of scenarios, one per kind of operation; each knows one way to
 * succeed and one way to fail. Everything is planned and signed before the first transaction is sent, so a scenario
 * speaks of the future: `atMs` is when its transaction will leave, and it keeps in mind what it planned before.
 */
export interface PlanContext extends PlanSetting {
  /** Milliseconds from the beginning to when this transaction leaves. */
  readonly atMs: number;
  /** A number that was not given before in this plan. */
  unique(): number;
  /** Nonce of the sender's next transaction on a ledger; an approval must name it. */
  nonceOf(sender: Account, ledger: LedgerName): bigint;
  /** Takes the accounts of a list in turn. */
  rotate<T>(list: readonly T[]): T;
}

/** A transaction before it is signed. */
export interface PlannedTransaction {
  readonly sender: Account;
  readonly operations: readonly Operation[];
  /** Status of its receipt: `OK`, or the name of the failure. */
  readonly expected: string;
}

export interface OperationScenario {
  /** Name in the ledger's catalog. */
  readonly operation: string;
  /** Where it is not the ledger of its list: one needs the other, as containers need nodes. */
  readonly ledger?: LedgerName;
  /** Share of the traffic relative to the other scenarios. */
  readonly weight: number;
  /** Undefined if it cannot succeed at this moment, for example because a quota is used up. */
  succeed(context: PlanContext): PlannedTransaction | undefined;
  fail(context: PlanContext): PlannedTransaction | undefined;
}

/** The scenarios of one ledger; `create` gives them a fresh memory of what was planned. */
export interface LedgerScenarios {
  readonly ledger: LedgerName;
  create(): readonly OperationScenario[];
}

/**
 * A story that several accounts play together while the load runs, such as a validator that joins, rotates its keys
 * and leaves: every step waits for the receipt of the one before. Its senders send nothing else.
 */
export interface Story {
  readonly ledger: LedgerName;
  play(stage: StoryStage): Promise<void>;
}

export interface StoryStage {
  readonly context: PlanContext;
  /** Sends one transaction and waits for its receipt. Returns whether its status was the expected one. */
  send(ledger: LedgerName, transaction: PlannedTransaction): Promise<boolean>;
  /** Waits until the chain is `count` blocks further. */
  waitBlocks(count: number): Promise<void>;
  /** Contradicts itself in a validator's name, as a peer among the nodes, until a block jails the validator. */
  doubleSign(validator: ValidatorIdentity): Promise<void>;
}
