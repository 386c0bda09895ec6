import { bodyMatchesHeader, hashHeader } from '../types/block.ts';
import { type Certificate, certificateFault } from '../types/certificate.ts';
import type {
  CommitMessage,
  ConsensusMessage,
  PrepareMessage,
  ProposalMessage,
  RoundChangeMessage,
} from '../types/consensus-message.ts';
import type { Address } from '../types/ssz-bytes.ts';
import { LIMITS } from '../util/limits.ts';
import { certificateOf } from './commit-certificate.ts';
import type { ConsensusEvent, OwnMessage, ProposedBlock } from './contract.ts';
import { reportAmnesia } from './evidence.ts';
import type { HeightState } from './height-state.ts';
import { isProposalJustification, validRoundChange } from './justification.ts';
import { fieldsOf } from './message-fields.ts';
import { enterRound, onRoundQuorum, wake } from './rounds.ts';

/**
 * What arrives for the present height is checked and filed here; the rules then act on it. Every message that is not
 * used leaves a `drop` effect, and no state changes before a message has passed its checks.
 */

export function onMessage(state: HeightState, message: ConsensusMessage): void {
  if (message.kind === 'decided') {
    onDecided(state, message);
    return;
  }
  const { signer } = fieldsOf(message);
  if (signer === undefined || !state.validators.has(signer)) {
    state.drop('NOT_VALIDATOR', signer);
    return;
  }
  const isFiled = fileMessage(state, message);
  if (isFiled && signer === state.options.self) state.keepOwn(message);
}

function fileMessage(state: HeightState, message: OwnMessage): boolean {
  switch (message.kind) {
    case 'proposal':
      return onProposal(state, message);
    case 'prepare':
      return onPrepare(state, message);
    case 'commit':
      return onCommit(state, message);
    case 'round-change':
      return onRoundChange(state, message);
  }
}

/** Files a proposal of this or a later round: a later round is entered at once, the quorum of round changes allows it. */
function onProposal(state: HeightState, message: ProposalMessage): boolean {
  const { body, signer } = message.proposal;
  const refuse = (reason: Parameters<HeightState['drop']>[0]) => {
    state.drop(reason, signer);
    return false;
  };
  if (signer !== state.proposer(body.round)) return refuse('NOT_PROPOSER');
  const first = state.proposals.get(body.round);
  if (first !== undefined && first.proposal.body.blockHash !== body.blockHash) {
    state.reportEvidence('proposal', first, message);
    return refuse('CONFLICT');
  }
  if (body.round < state.round) return refuse('PAST_ROUND');
  if (first !== undefined) return refuse('DUPLICATE');
  const restored = body.round === state.round ? state.proposal : undefined;
  if (restored !== undefined && restored.blockHash !== body.blockHash) return refuse('CONFLICT');

  const block: ProposedBlock = { hash: body.blockHash, proposal: message.block };
  if (!isIntact(state, block)) return refuse('HASH_MISMATCH');
  const { header } = message.block;
  if (header.height !== state.height || header.parentHash !== state.parent.hash)
    return refuse('INVALID_BLOCK');
  const justification = isProposalJustification(message, state.validators);
  if (justification === undefined) return refuse('BAD_JUSTIFICATION');
  if (justification === 'fresh' && header.proposer !== signer) return refuse('INVALID_BLOCK');

  if (body.round > state.round) enterRound(state, body.round);
  wake(state);
  if (body.round > 0) onRoundQuorum(state);
  state.proposals.set(body.round, message);
  state.proposal ??= { blockHash: body.blockHash, reproposal: justification === 'reproposal' };
  state.addBlock(block);
  return true;
}

/** Whether header and body of a block are those that its hash stands for. */
function isIntact(state: HeightState, block: ProposedBlock): boolean {
  if (state.blocks.get(block.hash)?.proposal === block.proposal) return true;
  return hashHeader(block.proposal.header) === block.hash && bodyMatchesHeader(block.proposal);
}

function onPrepare(state: HeightState, message: PrepareMessage): boolean {
  const { body, signer } = message.prepare;
  if (isOutsideWindow(state, body.round, signer)) return false;
  const added = state.prepares.add(message);
  if (added === 'duplicate') state.drop('DUPLICATE', signer);
  else if (added !== 'added') {
    state.reportEvidence('prepare', added.conflictsWith, message);
    state.drop('CONFLICT', signer);
  } else if (body.round < state.round) state.drop('PAST_ROUND', signer);
  return added === 'added';
}

/** Files a commit of any round within the window: a quorum of an earlier round decides as well. */
function onCommit(state: HeightState, message: CommitMessage): boolean {
  const { body, signer } = message.commit;
  if (isOutsideWindow(state, body.round, signer)) return false;
  const added = state.commits.add(message);
  if (added === 'duplicate') {
    state.drop('DUPLICATE', signer);
    return false;
  }
  if (added !== 'added') {
    state.reportEvidence('commit', added.conflictsWith, message);
    state.drop('CONFLICT', signer);
    return false;
  }
  const roundChange = state.roundChanges.get(signer);
  if (roundChange !== undefined) reportAmnesia(state, message, roundChange, 'round-change-first');
  const votes = state.commits.votesFor(body.round, body.blockHash);
  if (state.certified === undefined && votes.length >= state.validators.quorum)
    state.certified = certificateOf(votes, state.validators);
  return true;
}

/** A vote of a round too far ahead or behind is not filed. */
function isOutsideWindow(state: HeightState, round: number, signer: Address): boolean {
  const isPast = round <= state.round - LIMITS.maxBufferedRounds;
  if (!isPast && !isBeyondWindow(state, round)) return false;
  state.drop(isPast ? 'PAST_ROUND' : 'FUTURE_ROUND', signer);
  return true;
}

function isBeyondWindow(state: HeightState, round: number): boolean {
  return round > state.round + LIMITS.maxBufferedRounds;
}

function onRoundChange(state: HeightState, message: RoundChangeMessage): boolean {
  const { body, signer } = message.roundChange;
  if (!validRoundChange(message, state.validators)) {
    state.drop('BAD_JUSTIFICATION', signer);
    return false;
  }
  for (const commit of state.commits.of(signer)) reportAmnesia(state, commit, message, 'commit-first');
  const added = state.roundChanges.add(message);
  if (added === 'duplicate') state.drop('DUPLICATE', signer);
  else if (added === 'lower') state.drop('PAST_ROUND', signer);
  else if (added !== 'added') {
    state.reportEvidence('round-change', added.conflictsWith, message);
    state.drop('CONFLICT', signer);
  } else {
    if (body.round < state.round) state.drop('PAST_ROUND', signer);
    wake(state);
  }
  return added === 'added';
}

function onDecided(state: HeightState, message: Extract<ConsensusMessage, { kind: 'decided' }>): void {
  const block = { hash: hashHeader(message.block.header), proposal: message.block };
  onCertificate(state, message.certificate, block);
}

/** A certified block from sync or a peer: decides as soon as the host has found it valid. */
export function onCertificate(state: HeightState, certificate: Certificate, block: ProposedBlock): void {
  const expected = { height: state.height, blockHash: block.hash, validators: state.validators };
  if (certificateFault(certificate, expected) !== undefined) {
    state.drop('BAD_JUSTIFICATION');
    return;
  }
  if (!isIntact(state, block)) {
    state.drop('HASH_MISMATCH');
    return;
  }
  state.certified ??= certificate;
  if (state.certified.blockHash === block.hash) state.addBlock(block);
}

type AnswerOf<Kind extends ConsensusEvent['kind']> = Extract<ConsensusEvent, { kind: Kind }>;

/** A block that was ordered for an earlier round is never proposed in a later one. */
export function onBlockBuilt(state: HeightState, { round, block }: AnswerOf<'block-built'>): void {
  const isWanted =
    round === state.round && round === state.buildRequestedRound && state.built?.round !== round;
  if (!isWanted) {
    state.drop('STALE_ANSWER');
    return;
  }
  state.built = { round, block };
  state.addBlock(block, true);
}

export function onBlockFetched(state: HeightState, { block }: AnswerOf<'block-fetched'>): void {
  if (!state.blocks.isFetching(block.hash)) {
    state.drop('STALE_ANSWER');
    return;
  }
  if (!isIntact(state, block)) {
    state.drop('HASH_MISMATCH');
    return;
  }
  state.addBlock(block);
}

export function onBlockValidated(state: HeightState, answer: AnswerOf<'block-validated'>): void {
  const negative = answer.undetermined === true ? 'undetermined' : 'invalid';
  const isAnswer = state.blocks.answer(answer.blockHash, answer.valid ? 'valid' : negative);
  if (!isAnswer) {
    state.drop('STALE_ANSWER');
    return;
  }
  if (!answer.valid && answer.undetermined !== true) {
    const proposal = state.proposals.get(state.round)?.proposal;
    state.drop('INVALID_BLOCK', proposal?.body.blockHash === answer.blockHash ? proposal.signer : undefined);
  }
}
