import type { DroppedTransaction } from '../types/dropped-transaction.ts';
import type { LedgerName } from '../types/names.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import type { Account, Origin } from './lane.ts';

/** Bounds that a test may lower; a node uses LIMITS. */
export interface MempoolLimits {
  readonly maxTransactions: number;
  readonly maxBytes: number;
  readonly maxBytesPerSender: number;
  readonly maxAgeMs: number;
}

export interface MempoolDeps {
  /** What the head says of a sender; the answer is kept until the next commit. */
  account(ledger: LedgerName, sender: Address): Account;
  /** Time of the head's header: the rule time of the next block. */
  ruleTimeMs(): number;
  monotonicMs(): number;
  /** How long transactions should wait for their block at most: where they wait longer, fewer newcomers are let in. */
  readonly maxBlockWaitMs: number;
  /** How many nodes let transactions in: each takes a part of what the chain does in time. */
  doors(): number;
  /** Rules of the ledger that need no state; throws the NodeError that the sender shall see. */
  check?(transaction: EncodedTransaction): void;
  /** A transaction became executable. */
  onExecutable?(ledger: LedgerName): void;
  /** A transaction left the pool without being in a block. */
  onDropped?(drop: DroppedTransaction, origin: Origin): void;
  readonly limits?: Partial<MempoolLimits>;
}

/** `pooled` can be executed now, `queued` waits for an earlier nonce or for its meter. */
export type PoolState = 'pooled' | 'queued';

export interface PoolItem {
  readonly transaction: EncodedTransaction;
  readonly origin: Origin;
  readonly state: PoolState;
  /** Rule time of the admission. */
  readonly arrivedMs: number;
}

export interface AddResult {
  readonly state: PoolState;
  /** The transaction that gave way. */
  readonly replaced: Hash | undefined;
}

export interface PoolStatus {
  readonly transactions: number;
  readonly bytes: number;
  readonly maxTransactions: number;
  readonly maxBytes: number;
  readonly asideTransactions: number;
  readonly asideBytes: number;
  readonly ledgers: readonly {
    readonly ledger: LedgerName;
    readonly pooled: number;
    readonly queued: number;
  }[];
}

export interface ContentFilter {
  readonly ledger?: LedgerName;
  readonly sender?: Address;
  readonly state?: PoolState;
}

/** `nextCursor` leads to the next page, if there is one. */
export interface PoolPage {
  readonly items: PoolItem[];
  readonly nextCursor: number | undefined;
}
