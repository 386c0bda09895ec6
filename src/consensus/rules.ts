import type { Address } from '../types/ssz-bytes.ts';
import { signersOf } from './commit-certificate.ts';
import type { ProposedBlock } from './contract.ts';
import type { HeightState } from './height-state.ts';
import { chooseJustification, type JustifiedChoice } from './justification.ts';
import { enterRoundWithRoundChange, onRoundQuorum } from './rounds.ts';

/**
 * The rules that fire on what is known, whatever message completed it ("upon …" in the papers). They run after every
 * event, in this order, and each does nothing once it has fired: deciding comes first, because nothing is signed at
 * a decided height.
 */
export function applyRules(state: HeightState): void {
  if (state.isOver) return;
  uponCommitQuorum(state);
  if (state.isOver) return;
  uponWeakQuorumOfRoundChanges(state);
  uponQuorumInRound(state);
  uponValidProposal(state);
  uponPrepareQuorum(state);
  uponLeadership(state);
}

/** A certificate, a block that is here and valid: decided. No prepare quorum is needed, and any round will do. */
function uponCommitQuorum(state: HeightState): void {
  const certificate = state.certified;
  if (certificate === undefined) return;
  const { blockHash } = certificate;
  const validity = state.blocks.require(blockHash, signersOf(certificate, state.validators));
  if (validity === 'valid') {
    state.end('decided');
    state.emit({ kind: 'commit', block: state.blocks.get(blockHash) as ProposedBlock, certificate });
  } else if (validity === 'invalid') {
    state.end('halted');
    const reason = 'a quorum sealed a block that this node finds invalid';
    state.emit({ kind: 'halt', height: state.height, blockHash, reason });
  }
}

/** f + 1 validators are in higher rounds: go to the highest round that f + 1 of them reached. */
function uponWeakQuorumOfRoundChanges(state: HeightState): void {
  const reached = state.roundChanges.roundReachedBy(state.validators.weakQuorum);
  if (reached !== undefined && reached > state.round) enterRoundWithRoundChange(state, reached);
}

/**
 * A quorum is in this round or a later one. A round change says so, and so does a vote: who entered a round by its
 * proposal and then lost its memory has no round change of it to show, but sends its votes again.
 */
function uponQuorumInRound(state: HeightState): void {
  if (state.round === 0 || state.hasRoundQuorum) return;
  const there = new Set<Address>();
  for (const { roundChange } of state.roundChanges.all())
    if (roundChange.body.round >= state.round) there.add(roundChange.signer);
  for (const votes of [state.prepares, state.commits])
    for (const signer of votes.signersSince(state.round)) there.add(signer);
  if (there.size >= state.validators.quorum) onRoundQuorum(state);
}

function isProposalAccepted(state: HeightState): boolean {
  const { proposal } = state;
  return proposal !== undefined && state.blocks.validity(proposal.blockHash, proposal.reproposal) === 'valid';
}

function uponValidProposal(state: HeightState): void {
  if (state.proposal === undefined || !isProposalAccepted(state)) return;
  const { blockHash } = state.proposal;
  const block = state.blocks.get(blockHash) as ProposedBlock;
  state.sign({ kind: 'prepare', height: state.height, round: state.round, blockHash, block });
}

function uponPrepareQuorum(state: HeightState): void {
  if (state.proposal === undefined || !isProposalAccepted(state)) return;
  const { blockHash } = state.proposal;
  const votes = state.prepares.votesFor(state.round, blockHash);
  if (votes.length < state.validators.quorum) return;
  if (state.prepared?.round !== state.round) {
    const certificate = votes.slice(0, state.validators.quorum);
    state.prepared = { round: state.round, blockHash, certificate };
  }
  const prepares = state.prepared.certificate;
  state.sign({ kind: 'commit', height: state.height, round: state.round, blockHash, prepares });
}

/** The proposer of round 0 builds when a block is due; of a later round, when a quorum of round changes is there. */
function uponLeadership(state: HeightState): void {
  const { round } = state;
  if (!state.guard.maySign('proposal', round) || state.proposer(round) !== state.options.self) return;
  if (round === 0) {
    if (state.awake && state.nowMs >= state.proposeAtMs) proposeFreshBlock(state, []);
    return;
  }
  const choice = chooseJustification(state.roundChanges.ofRound(round), state.validators, (blockHash) =>
    state.blocks.isUsable(blockHash),
  );
  if (choice === undefined) return;
  if (choice.prepared === undefined) proposeFreshBlock(state, choice.roundChanges);
  else proposePreparedBlock(state, choice, choice.prepared);
}

function proposeFreshBlock(state: HeightState, roundChanges: JustifiedChoice['roundChanges']): void {
  const { height, round } = state;
  if (state.built?.round === round) {
    state.sign({ kind: 'proposal', height, round, block: state.built.block, roundChanges, prepares: [] });
  } else if (state.buildRequestedRound < round) {
    state.buildRequestedRound = round;
    const deadlineMs = state.roundEndsAtMs ?? state.nowMs + state.options.baseTimeoutMs;
    state.emit({ kind: 'build-block', height, round, deadlineMs });
  }
}

function proposePreparedBlock(
  state: HeightState,
  { roundChanges }: JustifiedChoice,
  { blockHash, prepares }: NonNullable<JustifiedChoice['prepared']>,
): void {
  const from = prepares.map((prepare) => prepare.signer);
  const validity = state.blocks.require(blockHash, from);
  if (validity !== 'valid') return;
  const block = state.blocks.get(blockHash) as ProposedBlock;
  state.sign({ kind: 'proposal', height: state.height, round: state.round, block, roundChanges, prepares });
}
