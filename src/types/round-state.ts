import type { Address, Hash } from './ssz-bytes.ts';

/** A readable copy of what the consensus core knows of the present round. */
export interface RoundState {
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

/** Within a round: the own step changed, or a vote was taken up, of this node or of another validator. */
export type ConsensusNews =
  | {
      readonly kind: 'step';
      readonly height: number;
      readonly round: number;
      readonly step: RoundState['step'];
    }
  | {
      readonly kind: 'vote';
      readonly height: number;
      readonly round: number;
      readonly vote: 'prepare' | 'commit' | 'round-change';
      readonly validator: Address;
    };
