import type { RoundState } from '../types/round-state.ts';
import type { HeightState } from './height-state.ts';

/** Before the first height starts. */
export const IDLE_ROUND_STATE: RoundState = {
  height: 0,
  round: 0,
  step: 'idle',
  proposer: undefined,
  proposalHash: undefined,
  preparedRound: undefined,
  prepares: [],
  commits: [],
  roundChanges: [],
  roundEndsAtMs: undefined,
};

/** A copy of what the debug RPC and the explorer show of a height. Asks the host for nothing. */
export function roundStateOf(state: HeightState): RoundState {
  const { height, round, proposal, prepared } = state;
  const signersOf = (votes: readonly { signer: string }[]) => votes.map((vote) => vote.signer);
  return {
    height,
    round,
    step: stepOf(state),
    proposer: state.proposer(round),
    proposalHash: proposal?.blockHash,
    preparedRound: prepared?.round,
    prepares: proposal === undefined ? [] : signersOf(state.prepares.votesFor(round, proposal.blockHash)),
    commits: proposal === undefined ? [] : signersOf(state.commits.votesFor(round, proposal.blockHash)),
    roundChanges: state.roundChanges.all().map(({ roundChange }) => ({
      validator: roundChange.signer,
      round: roundChange.body.round,
    })),
    roundEndsAtMs: state.roundEndsAtMs,
  };
}

function stepOf(state: HeightState): RoundState['step'] {
  if (state.decided) return 'decided';
  if (!state.awake) return 'idle';
  if (state.proposal === undefined) return 'waiting-for-proposal';
  if (state.prepared?.round === state.round) return 'commit';
  return state.blocks.isValid(state.proposal.blockHash) ? 'prepare' : 'validating';
}
