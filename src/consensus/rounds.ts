import { NOT_PREPARED, ZERO_HASH } from '../types/consensus-message.ts';
import { LIMITS } from '../util/limits.ts';
import type { HeightState } from './height-state.ts';
import { roundTimeoutMs } from './timers.ts';

/**
 * The clocks of a height. A height first sleeps; it wakes when a block is due (see `wake`), and from then on exactly
 * one round timer is alive, whatever way a round was entered. Nodes that sign nothing follow the rounds of others
 * and never time out on their own.
 */

/** At the start of a height: wake at the latest when an empty block is due. */
export function startClock(state: HeightState): void {
  const afterMs = state.schedule.emptyBlockAtMs - state.nowMs;
  if (afterMs <= 0) {
    wake(state);
    return;
  }
  state.emit({ kind: 'schedule', timer: 'propose', height: state.height, round: 0, afterMs });
}

/**
 * The one condition for building and for waiting: work, a proposal or a round change of someone else, or the empty
 * interval. Proposer and waiting validators use the same instant, so that nobody times out on a proposer that may
 * not yet propose.
 */
export function wake(state: HeightState): void {
  if (state.awake) return;
  state.awake = true;
  scheduleResend(state);
  if (state.round > 0) {
    startRoundTimer(state, 0);
    return;
  }
  const waitMs = Math.max(0, state.schedule.notBeforeMs - state.nowMs);
  startRoundTimer(state, waitMs);
  const isProposer = state.guard.isOpen && state.proposer(0) === state.options.self;
  if (isProposer && waitMs > 0)
    state.emit({ kind: 'schedule', timer: 'propose', height: state.height, round: 0, afterMs: waitMs });
}

export function enterRound(state: HeightState, round: number): void {
  state.round = round;
  state.hasRoundQuorum = false;
  state.proposal = undefined;
  const oldest = round - LIMITS.maxBufferedRounds;
  state.prepares.forgetBelow(oldest);
  state.commits.forgetBelow(oldest);
  for (const known of state.proposals.keys())
    if (known <= round - LIMITS.maxKeptProposals) state.proposals.delete(known);
  if (state.awake) startRoundTimer(state, 0);
  else wake(state);
}

/** Enters a round and says so, with the certificate of the highest prepared round. */
export function enterRoundWithRoundChange(state: HeightState, round: number): void {
  enterRound(state, round);
  state.sign({
    kind: 'round-change',
    height: state.height,
    round,
    preparedRound: state.prepared?.round ?? NOT_PREPARED,
    preparedHash: state.prepared?.blockHash ?? ZERO_HASH,
    prepares: state.prepared?.certificate ?? [],
  });
}

function startRoundTimer(state: HeightState, waitMs: number): void {
  if (!state.guard.isOpen) return;
  const afterMs = waitMs + roundTimeoutMs(state.round, state.options);
  state.roundEndsAtMs = state.nowMs + afterMs;
  state.emit({ kind: 'schedule', timer: 'round', height: state.height, round: state.round, afterMs });
}

/**
 * A quorum has arrived in the round, by its round changes or by a proposal that carries them. Who came early starts
 * the round's time anew, unless most of it is still left: else the last ones to come might find the round over.
 */
export function onRoundQuorum(state: HeightState): void {
  if (state.hasRoundQuorum) return;
  state.hasRoundQuorum = true;
  const leftMs = (state.roundEndsAtMs ?? state.nowMs) - state.nowMs;
  if (leftMs < roundTimeoutMs(state.round, state.options) * ENOUGH_OF_A_ROUND) startRoundTimer(state, 0);
}

const ENOUGH_OF_A_ROUND = 0.75;

function scheduleResend(state: HeightState): void {
  const afterMs = state.options.resendIntervalMs;
  state.emit({ kind: 'schedule', timer: 'resend', height: state.height, round: state.round, afterMs });
}

/** A propose timer wakes a sleeping height; otherwise it is the proposer's permission to build. */
export function onProposeTimeout(state: HeightState): void {
  if (state.awake) state.proposeAtMs = Math.min(state.proposeAtMs, state.nowMs);
  else wake(state);
}

/**
 * Moves on to the next round, except ahead of the others: above round 0 only where a quorum is known to have reached
 * the present one, as a replica of PBFT starts the timer of a new view only with a quorum of view changes (Castro and
 * Liskov 1999). Then f + 1 honest validators are at most one round below whoever is highest, and all others skip to
 * them. Without this a validator that hears nobody runs away, and as rounds last equally long once their time-outs
 * have reached the cap, the others need one whole round for each that it is ahead; with f others silent no round
 * sees a quorum before they have caught up. `onRoundQuorum` starts the timer again.
 */
export function onRoundTimeout(state: HeightState, round: number): void {
  if (round !== state.round || round + 1 >= NOT_PREPARED || !state.guard.isOpen) return;
  const isAhead = round > 0 && !state.hasRoundQuorum && !state.isDecidedElsewhere;
  if (isAhead) state.roundEndsAtMs = undefined;
  else enterRoundWithRoundChange(state, round + 1);
}

/**
 * f + 1 validators work on the next height, so this one is decided, and whoever hears a round change for it answers
 * with the block. Nobody will ever be in this round with us: it ends without them.
 */
export function onDecidedElsewhere(state: HeightState): void {
  state.isDecidedElsewhere = true;
  if (!state.awake) wake(state);
  else if (state.roundEndsAtMs === undefined) startRoundTimer(state, 0);
}

/** While undecided: own messages again, unanswered requests again. */
export function onResendTimeout(state: HeightState): void {
  const messages = state.messagesToResend();
  if (messages.length > 0) state.emit({ kind: 'resend', messages });
  state.blocks.retry();
  scheduleResend(state);
}
