import type { CommitMessage } from '../../types/consensus-message.ts';

import { ExploredCore, type ExploredCoreOptions, type Reaction } from './explored-core.ts';
import type { MessagePool } from './message-pool.ts';

/** What a core can be told: a message by its number, or that a timer has run out. */
export type Input = number;
export const ROUND_TIMEOUT: Input = -1;
export const RESEND_TIMEOUT: Input = -2;

/** A state that one core can be in. Two ways to the same state give the same object. */
export interface CoreState {
  readonly id: number;
  readonly round: number;
  readonly decided: string | undefined;
  /** A round timer is running. */
  readonly isTimed: boolean;
  /** Own commits. */
  readonly commits: readonly CommitMessage[];
  /** Numbers of the messages that count in this state, own ones included. */
  readonly filed: ReadonlySet<number>;
  /** How it was first reached: from which state by which input. */
  readonly reachedBy: { readonly from: CoreState; readonly input: Input } | undefined;
  readonly steps: Map<Input, CoreStep>;
}

export interface CoreStep extends Reaction {
  readonly state: CoreState;
}

/** States of this many cores are kept as they are; others are played again from the start when they are needed. */
const MAX_LIVE_CORES = 20_000;

/**
 * One core as a finite automaton. The core is a function of its inputs, so a state that was reached before answers an
 * input from memory, and a state is its history: the core itself can be neither copied nor looked into. What it has
 * filed and signed, its round and its timers determine how it goes on, whatever the order in which they came; that is
 * what states are compared by.
 */
export class CoreStates {
  readonly start: CoreStep;
  readonly validator: number;
  readonly #create: () => ExploredCore;
  readonly #known = new Map<string, CoreState>();
  readonly #live = new Map<CoreState, ExploredCore>();

  constructor(pool: MessagePool, validator: number, options: ExploredCoreOptions) {
    this.validator = validator;
    this.#create = () => new ExploredCore(pool, validator, options);
    const core = this.#create();
    const reaction = core.boot();
    this.start = { ...reaction, state: this.#intern(core, undefined) };
  }

  get size(): number {
    return this.#known.size;
  }

  /** What comes of an input. @throws NodeError INVARIANT_VIOLATED */
  step(state: CoreState, input: Input): CoreStep {
    const known = state.steps.get(input);
    if (known !== undefined) return known;
    const core = this.#live.get(state) ?? this.#replay(state);
    this.#live.delete(state);
    const reaction = apply(core, input);
    const step = { ...reaction, state: this.#intern(core, { from: state, input }) };
    state.steps.set(input, step);
    return step;
  }

  #replay(state: CoreState): ExploredCore {
    const inputs: Input[] = [];
    for (let at = state.reachedBy; at !== undefined; at = at.from.reachedBy) inputs.push(at.input);
    const core = this.#create();
    core.boot();
    for (const input of inputs.reverse()) apply(core, input);
    return core;
  }

  #intern(core: ExploredCore, reachedBy: CoreState['reachedBy']): CoreState {
    let state = this.#known.get(core.key);
    if (state === undefined) {
      const { round, decided, isTimed, commits, filed } = core;
      const id = this.#known.size;
      state = {
        id,
        round,
        decided,
        isTimed,
        commits: [...commits],
        filed: new Set(filed),
        reachedBy,
        steps: new Map(),
      };
      this.#known.set(core.key, state);
    }
    if (this.#live.size >= MAX_LIVE_CORES) this.#live.clear();
    this.#live.set(state, core);
    return state;
  }
}

function apply(core: ExploredCore, input: Input): Reaction {
  if (input === ROUND_TIMEOUT) return core.timeout('round');
  return input === RESEND_TIMEOUT ? core.timeout('resend') : core.receive(input);
}
