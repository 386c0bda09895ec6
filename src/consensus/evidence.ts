import type { CommitMessage, RoundChangeMessage } from '../types/consensus-message.ts';
import type { HeightState } from './height-state.ts';
import { isPrepared } from './justification.ts';

/**
 * Amnesia: a validator that committed in round r held a prepared certificate of round r, so every later round change
 * of its must claim a prepared round of at least r. Claiming less forgets a block that may be decided. Direct
 * contradictions (two different messages in one step) are found where messages are filed.
 */
export function reportAmnesia(
  state: HeightState,
  commit: CommitMessage,
  roundChange: RoundChangeMessage,
  order: 'commit-first' | 'round-change-first',
): void {
  const committed = commit.commit.body;
  const { body } = roundChange.roundChange;
  if (body.round <= committed.round) return;
  if (isPrepared(body) && body.preparedRound >= committed.round) return;
  if (order === 'commit-first') state.reportEvidence('amnesia', commit, roundChange);
  else state.reportEvidence('amnesia', roundChange, commit);
}
