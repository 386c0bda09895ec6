import type { ConsensusMessage } from '../types/consensus-message.ts';
import type { RoundState } from '../types/round-state.ts';
import type { Address } from '../types/ssz-bytes.ts';
import { LIMITS } from '../util/limits.ts';
import type { Consensus, ConsensusEffect, ConsensusEvent, ConsensusOptions, DropReason } from './contract.ts';
import { FutureMessages } from './future-messages.ts';
import { onBlockBuilt, onBlockFetched, onBlockValidated, onCertificate, onMessage } from './handlers.ts';
import { HeightEstimates } from './height-estimates.ts';
import { HeightState } from './height-state.ts';
import { fieldsOf } from './message-fields.ts';
import { restore } from './restore.ts';
import { IDLE_ROUND_STATE, roundStateOf } from './round-state.ts';
import {
  onDecidedElsewhere,
  onProposeTimeout,
  onResendTimeout,
  onRoundTimeout,
  startClock,
  wake,
} from './rounds.ts';
import { applyRules } from './rules.ts';

/** The QBFT core of one node; see contract.ts for what goes in and out. */
export function createConsensus(options: ConsensusOptions): Consensus {
  return new Qbft(options);
}

type EventOf<Kind extends ConsensusEvent['kind']> = Extract<ConsensusEvent, { kind: Kind }>;

/** Routes by height: past ones are answered, the present one is worked on, the next two wait. */
class Qbft implements Consensus {
  readonly #options: ConsensusOptions;
  readonly #future = new FutureMessages();
  readonly #estimates = new HeightEstimates();
  /** How often each validator was sent a decided block during the present height. */
  #answers = new Map<Address, number>();
  /** Highest block that the host was told to be behind of. */
  #announcedHeight = 0;
  #state: HeightState | undefined;

  constructor(options: ConsensusOptions) {
    this.#options = options;
  }

  handle(event: ConsensusEvent): ConsensusEffect[] {
    if (event.kind === 'start-height') return this.#startHeight(event);
    const state = this.#state;
    if (state === undefined) return event.kind === 'message' ? [dropOf('FUTURE_HEIGHT', event.message)] : [];
    state.nowMs = event.nowMs;
    if (event.kind === 'message') {
      const { height } = fieldsOf(event.message);
      if (height > state.height) return this.#futureMessage(state, event);
      if (height < state.height || state.isOver) return this.#decidedHeight(state, event.message);
    } else if (event.kind === 'certificate') {
      const { height } = event.certificate;
      if (height > state.height) return this.#announce(height);
      if (height < state.height) return [{ kind: 'drop', reason: 'PAST_HEIGHT', signer: undefined }];
    }
    const effects = run(state, () => handleAtHeight(state, event));
    if (event.kind === 'timeout' && event.timer === 'resend') effects.push(...this.#askForBlock(state));
    return effects;
  }

  roundState(): RoundState {
    return this.#state === undefined ? IDLE_ROUND_STATE : roundStateOf(this.#state);
  }

  position(): { readonly height: number; readonly round: number; readonly isAwake: boolean } {
    const state = this.#state;
    return state === undefined
      ? { height: 0, round: 0, isAwake: false }
      : { height: state.height, round: state.round, isAwake: state.awake };
  }

  /** A repeated or older start changes nothing: votes of a running height are kept. */
  #startHeight(event: EventOf<'start-height'>): ConsensusEffect[] {
    const { parent, validators, nextValidators, nowMs, wallMs, blockIntervalMs, restored } = event;
    if (this.#state !== undefined && parent.height < this.#state.height) return [];
    const maySign = restored?.mayNotSign !== true;
    const state = new HeightState(this.#options, {
      parent,
      validators,
      nextValidators,
      nowMs,
      wallMs,
      blockIntervalMs,
      maySign,
    });
    this.#state = state;
    this.#answers = new Map();
    this.#estimates.keepOnly(validators, nextValidators);
    return run(state, () => {
      if (restored !== undefined) restore(state, restored);
      if (!state.awake) startClock(state);
      applyRules(state);
      for (const message of this.#future.take(state.height, validators, nextValidators)) {
        if (state.isOver) return;
        onMessage(state, message);
        applyRules(state);
      }
    });
  }

  /**
   * Keeps a message of one of the next two heights and notes how far its signer is.
   */
  #futureMessage(state: HeightState, { message, bytes }: EventOf<'message'>): ConsensusEffect[] {
    const { height, signer } = fieldsOf(message);
    if (message.kind === 'decided' || signer === undefined) return this.#announce(height);
    const effects: ConsensusEffect[] = [];
    const { validators, nextValidators } = state;
    if (validators.has(signer) || nextValidators.has(signer)) this.#estimates.note(signer, height);
    const refusal = this.#future.add(message, bytes, state.height, nextValidators);
    if (refusal !== undefined) effects.push(dropOf(refusal, message));
    const reached = this.#estimates.reachedByWeakQuorum(validators) ?? 0;
    if (reached > state.height + 1) effects.push(...this.#announce(reached - 1));
    if (reached > state.height && !state.isOver) {
      const step = () => {
        onDecidedElsewhere(state);
        applyRules(state);
      };
      effects.push(...run(state, step));
    }
    return effects;
  }

  /**
   * A node that signs nothing at this height (it joins later, or has lost its journal) sends no round change that
   * others would answer with the decided block. The next height may need its vote, so it does not wait for the others
   * to get two heights ahead; and it asks again, because what it asked for may be lost.
   */
  #askForBlock(state: HeightState): ConsensusEffect[] {
    if (state.guard.isOpen || state.isOver) return [];
    const reached = this.#estimates.reachedByWeakQuorum(state.validators) ?? 0;
    return reached > state.height ? [{ kind: 'behind', height: reached - 1 }] : [];
  }

  #announce(height: number): ConsensusEffect[] {
    if (height <= this.#announcedHeight) return [];
    this.#announcedHeight = height;
    return [{ kind: 'behind', height }];
  }

  /**
   * A round change for a decided height comes from a validator that missed the block; so does any vote from two or
   * more heights back, while votes for the latest height are usually just the ones beyond the quorum.
   */
  #decidedHeight(state: HeightState, message: ConsensusMessage): ConsensusEffect[] {
    const { height, signer } = fieldsOf(message);
    const effects = [dropOf(height === state.height ? 'DECIDED' : 'PAST_HEIGHT', message)];
    if (signer === undefined || signer === this.#options.self || message.kind === 'decided') return effects;
    if (!state.validators.has(signer) && !state.nextValidators.has(signer)) return effects;
    const isLost = message.kind === 'round-change' || height < state.height - 1;
    const answered = this.#answers.get(signer) ?? 0;
    if (!isLost || answered >= LIMITS.maxDecidedAnswersPerPeer) return effects;
    this.#answers.set(signer, answered + 1);
    effects.push({ kind: 'send-decided', to: signer, height });
    return effects;
  }
}

/** Runs a step of a height and returns the effects that it left. */
function run(state: HeightState, step: () => void): ConsensusEffect[] {
  state.effects = [];
  step();
  return state.effects;
}

function handleAtHeight(state: HeightState, event: Exclude<ConsensusEvent, { kind: 'start-height' }>): void {
  if (event.kind === 'work-available') {
    if (state.isOver) return;
    wake(state);
  } else {
    const height = event.kind === 'message' || event.kind === 'certificate' ? state.height : event.height;
    if (height !== state.height || state.isOver) {
      // Timers and answers of a finished height are void: one that still acts lets a validator vote again on it.
      if (event.kind !== 'timeout') state.drop('STALE_ANSWER');
      return;
    }
    dispatch(state, event);
  }
  applyRules(state);
}

function dispatch(
  state: HeightState,
  event: Exclude<ConsensusEvent, { kind: 'start-height' | 'work-available' }>,
): void {
  switch (event.kind) {
    case 'message':
      onMessage(state, event.message);
      break;
    case 'certificate':
      onCertificate(state, event.certificate, event.block);
      break;
    case 'block-built':
      onBlockBuilt(state, event);
      break;
    case 'block-fetched':
      onBlockFetched(state, event);
      break;
    case 'block-validated':
      onBlockValidated(state, event);
      break;
    case 'timeout':
      onTimeout(state, event);
      break;
  }
}

function onTimeout(state: HeightState, { timer, round }: EventOf<'timeout'>): void {
  switch (timer) {
    case 'propose':
      onProposeTimeout(state);
      break;
    case 'round':
      onRoundTimeout(state, round);
      break;
    case 'resend':
      onResendTimeout(state);
      break;
  }
}

function dropOf(reason: DropReason, message: ConsensusMessage): ConsensusEffect {
  return { kind: 'drop', reason, signer: fieldsOf(message).signer };
}
