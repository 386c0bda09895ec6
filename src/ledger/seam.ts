import type { Genesis, Parameters } from '../types/genesis.ts';
import type { LedgerName, SubtreeName, TokenName } from '../types/names.ts';
import type { KindSpec, LedgerCatalog } from '../types/operations/catalog.ts';
import type { Charge, LedgerEvent } from '../types/receipt.ts';
import type { ChargeReason } from '../types/section-parts.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
import type { SystemReceiptBody } from '../types/system-receipt.ts';
import type { ResourceUsage } from './economy/rewards/poe-index.ts';

/**
 * The seam between the block machine (section.ts, begin-block.ts, end-block.ts) and the five ledgers. A ledger is a
 * folder with one LedgerModule; it reads the others' state as of S (after BeginBlock) and writes only its own.
 * Everything here is synchronous and deterministic: no clock, no randomness, no iteration whose order is not fixed.
 */

export interface StateReader {
  /** Value at a path of this sub-tree, or undefined. The bytes must not be changed. */
  get(path: string): Uint8Array | undefined;
}

export interface StateWriter extends StateReader {
  set(path: string, value: Uint8Array): void;
  delete(path: string): void;
}

/** What is fixed for the whole block. `timeMs` is rule time: the parent header's time. */
export interface BlockContext {
  readonly height: number;
  readonly timeMs: number;
  readonly genesis: Genesis;
  readonly genesisHash: Hash;
  readonly parameters: Parameters;
}

/** The one event that a failed receipt may hold: what refused the operation. It must fit in LIMITS.maxEventBytes. */
export interface FailureEvent {
  readonly spec: KindSpec<unknown>;
  readonly value: unknown;
}

/** A failed operation: it becomes the status of the receipt, and the transaction has no other effect. */
export class OperationFailure extends Error {
  /** Code of types/status.ts or of the ledger's catalog. */
  readonly status: number;
  /** Says in the receipt what a status cannot say, for example which policy refused. */
  readonly event: FailureEvent | undefined;
  constructor(status: number, message: string, event?: FailureEvent) {
    super(message);
    this.name = 'OperationFailure';
    this.status = status;
    this.event = event;
  }
}

/** An effect on another ledger, delivered in a later BeginBlock, first in, first out. */
export interface OutboxMessage {
  readonly to: LedgerName;
  /** Kind within the receiving ledger's handlers. */
  readonly kind: number;
  readonly data: Uint8Array;
}

/** State access of one ledger within a block. */
export interface LedgerContext extends BlockContext {
  /** This ledger's own sub-tree. */
  readonly own: StateWriter;
  /** Another sub-tree as of S. */
  at(subtree: SubtreeName): StateReader;
  /** A lock that economy holds for this ledger as of S, spent or not (state/spent-locks.ts). */
  lock(ref: Hash): LockRecord | undefined;
  /** Sends to another ledger. Throws OperationFailure OUTBOX_FULL past the bound of a section. */
  send(message: OutboxMessage): void;
}

/** Work that a node did for an app, as a ledger recorded it. What it is worth follows from prices of the chain. */
export interface Job {
  /** The owner of the app, whoever sent the transaction that reports the work. */
  readonly payer: Address;
  readonly app: Hash;
  /** Key of the node that did the work, and the account that joined it to the cluster as of S. */
  readonly node: string;
  readonly operator: Address;
  readonly usage: ResourceUsage;
  /** At most one per token. */
  readonly values: readonly { readonly token: TokenName; readonly value: bigint }[];
}

/** What a job is worth in one token, and the part of that which its payer owes the chain; micro-units. */
export interface JobAmount {
  readonly token: TokenName;
  readonly value: bigint;
  readonly fee: bigint;
}

/**
 * What became of a job. It is credited if there is a fee and the payer's meters cover it: only then does its usage
 * count for anything.
 */
export interface JobOutcome {
  readonly credited: boolean;
  readonly amounts: readonly JobAmount[];
}

/** A job whose fee was charged in this section. `receipt` is the index of the transaction that reported it. */
export interface CreditedJob extends Omit<Job, 'values'> {
  readonly amounts: readonly JobAmount[];
  readonly receipt: number;
}

export interface OperationContext extends LedgerContext {
  readonly txId: Hash;
  readonly sender: Address;
  /** Raw public key of the sender, as hex. */
  readonly senderKey: string;
  readonly nonce: bigint;
  readonly operationIndex: number;
  /** Records an event of the catalog in the receipt. */
  emit<T>(spec: KindSpec<T>, value: T): void;
  /**
   * Charges the fee of a job to its payer's meters on this ledger, all of it or nothing. The meters are as of S, less
   * what this section has charged and what the transaction may still cost its sender. If the transaction fails, its
   * jobs were never charged.
   */
  chargeJob(job: Job): JobOutcome;
  /**
   * Puts a fee in AUR on the sender's bill, which the operation itself has taken: there are no meters in AUR. If the
   * transaction fails, it was never charged.
   */
  chargeCrossBorder(amount: bigint): void;
}

export interface OperationHandler<T> {
  readonly name: string;
  readonly spec: KindSpec<T>;
  /** Gas of one execution, out of the gas table. */
  readonly gas: number;
  /** Gas on top for what an operation brings to be worked on, such as signatures; it depends on nothing else. */
  extraGas?(operation: T): number;
  /**
   * Free operations have a quota of their own instead of a fee, which `execute` enforces. They are free where they
   * succeed; a transaction in which one fails pays for all of it, or stands in no section.
   */
  readonly free?: boolean;
  /** A fixed fee in another token than FLX, from the sender's meter on this ledger. */
  fee?(parameters: Parameters): Charge | undefined;
  /** Applies the operation or throws OperationFailure. */
  execute(operation: T, context: OperationContext): void;
}

/** The value of an operation of a catalog. */
type OperationOf<C extends LedgerCatalog, Name extends keyof C['operations']> =
  C['operations'][Name] extends KindSpec<infer T> ? T : never;

/** A handler for each operation of a catalog, which knows names and schemas, with its gas out of the table. */
export function handlersFor<C extends LedgerCatalog>(
  { operations }: C,
  gas: { readonly [Name in keyof C['operations'] & string]: number },
  rules: {
    readonly [Name in keyof C['operations'] & string]: Omit<
      OperationHandler<OperationOf<C, Name>>,
      'name' | 'spec' | 'gas'
    >;
  },
): LedgerModule['handlers'] {
  return Object.entries(operations).map(([name, spec]) => ({
    name,
    spec,
    gas: gas[name as keyof typeof gas],
    ...rules[name as keyof typeof rules],
  }));
}

/**
 * A charge that a section emits; EndBlock settles it. `receipt` is the index of the transaction, whose sender pays for
 * it (`transaction`), or whose jobs are paid by whom they were done for (`job`). The AUR of one for `cross-border` is
 * gone already.
 */
export interface SectionCharge extends Charge {
  readonly reason: ChargeReason;
  readonly payer: Address;
  readonly receipt: number;
}

/** What the proof of a transaction may speak about, after it was executed (also for a failed one). */
export interface ExecutedTransaction {
  readonly txId: Hash;
  readonly sender: Address;
  readonly status: number;
  /** The events of the receipt; of a failed transaction at most the one that says what refused it. */
  readonly events: readonly LedgerEvent[];
}

export interface LedgerModule {
  readonly name: LedgerName;
  // biome-ignore lint/suspicious/noExplicitAny: handlers differ in the value they take; the machine only passes it on
  readonly handlers: readonly OperationHandler<any>[];
  /**
   * Expiry and placement, at the end of BeginBlock; the amount of work is bounded by LIMITS.maxExpiriesPerBlock.
   * Returns the system receipts of what it did.
   */
  beginBlock?(context: LedgerContext): readonly SystemReceiptBody[];
  /**
   * Whether the next BeginBlock has work without a transaction: what this block asked for, or a bound carried over.
   * `timeMs` is the rule time of this block.
   */
  hasPendingWork?(own: StateReader, timeMs: number): boolean;
  /** Applies a message from another ledger; a refusal bounces with a receipt. Must not throw. */
  deliver?(context: LedgerContext, from: LedgerName, message: OutboxMessage): { refused?: number };
  /** Bracket around each transaction, so that the ledger can collect what its proof item says. */
  beginTransaction?(): void;
  /** SSZ bytes of the transaction's proof item; the receipt commits to H("proof-item", bytes). */
  proofItem(executed: ExecutedTransaction): Uint8Array;
}

/** A reservation of value for another ledger. */
export interface LockRecord {
  readonly owner: Address;
  readonly ledger: LedgerName;
  readonly purpose: string;
  readonly ref: Hash;
  readonly token: TokenName;
  readonly amount: bigint;
}

/** Who mined a section, and as which rank. */
export interface SectionMiner {
  readonly miner: Address;
  readonly rank: number;
}

/** A section as EndBlock settles it. */
export interface SettledSection extends SectionMiner {
  readonly ledger: LedgerName;
  /** Of the block. */
  readonly height: number;
  readonly proposer: Address;
  readonly charges: readonly SectionCharge[];
  readonly jobs: readonly CreditedJob[];
}

/**
 * What the block machine asks of the economy ledger, the only one that holds value. `economy` is its sub-tree.
 */
export interface Settlement {
  /** Balance of a meter; of the economy ledger itself: the sender's spendable FLX. */
  meterBalance(economy: StateReader, payer: Address, ledger: LedgerName, token: TokenName): bigint;
  /** Takes `amount` of FLX from the sender's balance before the first operation of an economy transaction. */
  holdFee(economy: StateWriter, sender: Address, amount: bigint): void;
  /** Returns what was held beyond `charged`, and books `charged` as a fee to be settled in EndBlock. */
  releaseFee(economy: StateWriter, sender: Address, held: bigint, charged: bigint): void;
  /**
   * EndBlock, before `settle`: pays out what the sections of the block before left. `signers` are those of its
   * certificate in this block's body.
   */
  payPools(economy: StateWriter, height: number, signers: readonly Address[]): SettlementReceipt[];
  /**
   * EndBlock: debits meters for the charges of a section, burns ⌈½⌉ of the fees of transactions in FLX and NEX, divides
   * the fees of its jobs, and keeps the rest in a pool until the next block says that this one is final.
   */
  settle(economy: StateWriter, section: SettledSection): SettlementReceipt[];
  /** EndBlock, after `settle` of all ledgers: the owner's pay, where a month has ended. */
  settleSalary(economy: StateWriter, context: BlockContext): SettlementReceipt[];
  /** EndBlock, after `settle` of all ledgers: queued Unlock and MeterWithdraw, bounded, first in, first out. */
  endBlock(
    economy: StateWriter,
    context: BlockContext,
    isSpent: (lock: LockRecord) => boolean,
  ): SettlementReceipt[];
  /**
   * What `ppm` parts per million of a lock are, rounded down; 0 where there is no such lock. It is never the whole of
   * it: `ppm` is below a million.
   */
  slashable(economy: StateReader, ledger: LedgerName, ref: Hash, ppm: number): bigint;
  /** EndBlock: takes what is slashable for the treasury, and returns how much that was. */
  slash(economy: StateWriter, ledger: LedgerName, ref: Hash, ppm: number): bigint;
  /** Whether requests were carried over, so that the next block has work without a transaction. */
  hasQueuedRequests(economy: StateReader): boolean;
  readLock(economy: StateReader, ledger: LedgerName, ref: Hash): LockRecord | undefined;
  /** Fills the economy's sub-tree at genesis. */
  applyGenesis(economy: StateWriter, genesis: Genesis): void;
  /**
   * Asserts what must hold of value whatever happens, over what the block changed; `changed` lists the paths written since
   * `before`. Throws InvariantViolation.
   */
  assertInvariants(
    before: StateReader,
    after: StateReader,
    changed: readonly string[],
    context: BlockContext,
  ): void;
}

/** The outcome of queued work, which becomes a system receipt. */
export interface SettlementReceipt {
  readonly kind: number;
  readonly data: Uint8Array;
}

/** A broken invariant of the state: never a user's fault. The block is not built, or the node halts loudly. */
export class InvariantViolation extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InvariantViolation';
  }
}
