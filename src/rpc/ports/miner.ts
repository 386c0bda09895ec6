import type { LedgerName } from '../../types/names.ts';
import type { Address, Hash } from '../../types/ssz-bytes.ts';
import type { EncodedTransaction } from '../../types/transaction.ts';
import type { WorkerState } from '../../validator/mining/ledger-worker.ts';
import type { HeardSection } from '../../validator/mining/mining-round.ts';
import type { OwnSection, SectionFate } from '../../validator/mining/section-history.ts';

/** A validator that may mine, and what it weighs in the election. */
export interface MinerCandidateView {
  readonly id: Address;
  readonly weight: bigint;
}

/** Who mines the block above the head, and out of what everybody computes it alike. */
export interface ElectionView {
  readonly height: number;
  /** The beacon value two blocks below. */
  readonly beacon: Hash;
  readonly candidates: readonly MinerCandidateView[];
  /** From rank 0 on. */
  readonly elected: Readonly<Record<LedgerName, readonly Address[]>>;
}

/** What the worker of one ledger does for the block to come. */
export interface WorkerView {
  readonly ledger: LedgerName;
  readonly state: WorkerState;
  /** Of the block that is mined for; undefined while nothing is. */
  readonly height: number | undefined;
  /** The own one; undefined if this node was not elected. */
  readonly rank: number | undefined;
  /** The section of the lowest rank that this node has and has checked. */
  readonly best: { readonly rank: number; readonly miner: Address; readonly txCount: number } | undefined;
  /** Since the node started. */
  readonly failures: number;
  /** Own sections since the node started, by how far they came. */
  readonly counts: Readonly<Record<SectionFate, number>>;
}

/** What a worker works at: the section of its ledger above one parent. */
export interface WorkView {
  readonly parent: Hash;
  /** Monotonic: when the own section closes and leaves; undefined without a rank or a transaction. */
  readonly sendsAtMs: number | undefined;
  /** Sections of others that have come, by rank, and how far their check is. */
  readonly heard: readonly {
    readonly rank: number;
    readonly miner: Address;
    readonly txCount: number;
    readonly state: HeardSection['state'];
  }[];
}

/** The five workers of a node that mines. */
export interface WorkersPort {
  /** Whose sections they are. */
  readonly miner: Address;
  /** In ledger order. */
  views(): readonly WorkerView[];
  /** Undefined before the first height. */
  work(ledger: LedgerName): WorkView | undefined;
  /** The last own sections of a ledger, newest first. */
  sections(ledger: LedgerName): readonly OwnSection[];
  /** Calls back whenever a worker may have changed; returns the way to stop it. */
  onChange(listener: () => void): () => void;
}

export interface MinerPort {
  /** Undefined on a node that only follows, or that leaves mining to the proposers. */
  readonly workers: WorkersPort | undefined;
  election(): ElectionView;
  /** The first executable transactions of the own pool, in the order in which they would be mined. */
  queue(ledger: LedgerName, limit: number): readonly EncodedTransaction[];
}
