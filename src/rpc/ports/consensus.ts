import type { EvidenceKind } from '../../types/evidence.ts';
import type { ConsensusNews, RoundState } from '../../types/round-state.ts';
import type { Address, Hash } from '../../types/ssz-bytes.ts';

/** One round as this node saw it; `end` says how far it was when its time was over. Durations are null while it lasts. */
export interface RoundRecordView {
  readonly round: number;
  readonly startedAtMs: number;
  readonly durationMs: number | undefined;
  readonly outcome: 'running' | 'decided' | 'timeout' | 'others-ahead';
  readonly end:
    | {
        readonly step: RoundState['step'];
        readonly proposer: Address | undefined;
        readonly prepares: number;
        readonly commits: number;
      }
    | undefined;
}

/** A round began (`running`) or ended. */
export interface RoundEventView extends RoundRecordView {
  readonly height: number;
}

export interface HeightRecordView {
  readonly height: number;
  readonly startedAtMs: number;
  readonly durationMs: number | undefined;
  readonly rounds: readonly RoundRecordView[];
}

/** A validator contradicted itself at `height`, and this node holds the proof. */
export interface EvidenceView {
  readonly validator: Address;
  readonly offence: EvidenceKind;
  readonly height: number;
  readonly hash: Hash;
}

/** What a validator answered with, in the block at `appliedAt`; `slashed` is in micro-GEN. */
export interface AppliedEvidenceView extends EvidenceView {
  readonly appliedAt: number;
  readonly slashed: bigint;
  readonly jailed: boolean;
}

/** What this node's validator votes for until it takes effect; `renewsAtMs` is rule time. */
export interface ProposedVoteView {
  readonly member: Address;
  readonly decision: 'admit' | 'remove';
  /** The transaction with the latest vote. */
  readonly txId: Hash;
  readonly renewsAtMs: number;
}

/** Votes of this node's own validator on the membership of others. */
export interface MembershipVotesPort {
  list(): readonly ProposedVoteView[];
  /** The transaction with the vote. @throws NodeError ACCOUNT_KEY_MISSING, or why the pool refuses it */
  propose(member: Address, decision: 'admit' | 'remove'): Promise<Hash>;
  /** Whether there was such a proposal. */
  discard(member: Address): boolean;
}

/** By which times this node takes part, in milliseconds: its own settings, no rules of the chain. */
export interface ConsensusTiming {
  /** Of the first round of a height; it doubles with each round, up to the cap. */
  readonly requestTimeoutMs: number;
  readonly timeoutCapMs: number;
  /** Between two sends of an own round change or vote. */
  readonly resendIntervalMs: number;
  /** Between blocks that this node proposes, with work to do and without. */
  readonly blockIntervalMs: number;
  readonly emptyBlockIntervalMs: number;
}

export interface ConsensusPort {
  readonly timing: ConsensusTiming;
  /** Absent on a node without a validator key. */
  readonly membershipVotes: MembershipVotesPort | undefined;
  /** How many validators decide the next block, and how many of them it takes. */
  validators(): { readonly size: number; readonly quorum: number };
  roundState(): RoundState;
  /** The last heights, oldest first. */
  roundHistory(): readonly HeightRecordView[];
  /** Calls back when a round begins and when it ends; returns the way to stop it. */
  onRound(listener: (event: RoundEventView) => void): () => void;
  /** Calls back for what happens within rounds; returns the way to stop it. */
  onNews(listener: (news: ConsensusNews) => void): () => void;
  /** How long the present height and round have been going on; undefined while there is nothing to decide. */
  running(): { readonly heightForMs: number; readonly roundForMs: number } | undefined;
  /** Proven, and in no block yet: by height, then by validator. */
  pendingEvidence(): readonly EvidenceView[];
  /** What blocks within evidence age held, oldest first. */
  appliedEvidence(): readonly AppliedEvidenceView[];
  /** Own validator id, also while it may not vote. */
  readonly self: Address | undefined;
  /** False for an observer and while the vote journal is lost. */
  mayVote(): boolean;
}

export interface SyncPort {
  /** `targetHeight` is the highest that peers have shown. */
  status(): { readonly syncing: boolean; readonly targetHeight: number };
}
