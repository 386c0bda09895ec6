import type { EvidenceKind } from '../../types/evidence.ts';
import type { Address, Hash } from '../../types/ssz.ts';

export interface RoundStateView {
  readonly height: number;
  readonly round: number;
  readonly step: 'idle' | 'waiting-for-proposal' | 'validating' | 'prepare' | 'commit' | 'decided';
  readonly proposer: Address | undefined;
  readonly proposalHash: Hash | undefined;
  readonly preparedRound: number | undefined;
  readonly prepares: readonly Address[];
  readonly commits: readonly Address[];
  readonly roundChanges: readonly { readonly validator: Address; readonly round: number }[];
  /** On the monotonic clock of the node. */
  readonly roundEndsAtMs: number | undefined;
}

/** One round as this node saw it; `end` says how far it was when its time was over. Durations are null while it lasts. */
export interface RoundRecordView {
  readonly round: number;
  readonly startedAtMs: number;
  readonly durationMs: number | undefined;
  readonly outcome: 'running' | 'decided' | 'timeout' | 'others-ahead';
  readonly end:
    | {
        readonly step: RoundStateView['step'];
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

export interface ConsensusPort {
  roundState(): RoundStateView;
  /** The last heights, oldest first. */
  roundHistory(): readonly HeightRecordView[];
  /** Calls back when a round begins and when it ends; returns the way to stop it. */
  onRound(listener: (event: RoundEventView) => void): () => void;
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
