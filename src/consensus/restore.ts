import { certificateOf } from './commit-certificate.ts';
import type { RestoredState } from './contract.ts';
import type { HeightState } from './height-state.ts';
import { fieldsOf } from './message-fields.ts';
import { wake } from './rounds.ts';

/**
 * Puts a restarted validator back where its journal says it was: the round, the proposal it voted for, the prepared
 * certificate, and what it has signed. Stored bytes go out again; nothing is signed a second time. Blocks are
 * validated again before they count, because the new process has not executed them.
 */
export function restore(state: HeightState, restored: RestoredState): void {
  state.round = restored.round;
  for (const block of restored.blocks) state.blocks.add(block);
  for (const message of restored.messages) {
    state.keepOwn(message);
    switch (message.kind) {
      case 'proposal': {
        const { body } = message.proposal;
        state.blocks.add({ hash: body.blockHash, proposal: message.block });
        state.proposals.set(body.round, message);
        if (body.round === state.round) state.proposal = { blockHash: body.blockHash, reproposal: true };
        break;
      }
      case 'prepare':
        state.prepares.add(message);
        if (message.prepare.body.round === state.round)
          state.proposal = { blockHash: message.prepare.body.blockHash, reproposal: true };
        break;
      case 'commit':
        state.commits.add(message);
        break;
      case 'round-change':
        state.roundChanges.add(message);
        break;
    }
  }
  if (restored.prepared !== undefined) {
    const { round, blockHash, certificate } = restored.prepared;
    state.prepared = { round, blockHash, certificate: [...certificate] };
  }
  if (restored.messages.length === 0 && restored.round === 0) return;
  certifyOwnCommits(state);
  wake(state);
  const messages = state.messagesToResend();
  if (messages.length > 0) state.emit({ kind: 'resend', messages });
}

/** The only validator of a chain has its quorum in the journal alone. */
function certifyOwnCommits(state: HeightState): void {
  for (const message of state.own) {
    if (message.kind !== 'commit') continue;
    const votes = state.commits.votesFor(fieldsOf(message).round, message.commit.body.blockHash);
    if (votes.length >= state.validators.quorum) state.certified = certificateOf(votes, state.validators);
  }
}
