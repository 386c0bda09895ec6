import { createConsensus } from '../../consensus/consensus.ts';
import type { ConsensusMessage } from '../../types/consensus-message.ts';
import { NodeError } from '../../util/errors.ts';
import type { CoreFactory } from '../world.ts';
import { checkAgreement } from './agreement.ts';
import { type CoreState, CoreStates, type CoreStep, ROUND_TIMEOUT } from './core-states.ts';
import { Liar } from './liar.ts';
import { MessagePool } from './message-pool.ts';

export interface SearchOptions {
  readonly rounds: number;
  /** Positions of the liar in the order of leaders. Default: all that differ. */
  readonly liars?: readonly number[];
  /** The search of one position of the liar ends after so many states. */
  readonly maxStates: number;
  readonly createCore?: CoreFactory;
}

/** What was covered, for each position of the liar in the order of leaders. Plain data. */
export interface SearchReport {
  readonly liar: number;
  /** Different states of all honest cores and the network together. */
  readonly states: number;
  readonly transitions: number;
  /** Different states of single cores. */
  readonly coreStates: number;
  /** Different messages of honest validators and of the liar. */
  readonly messages: number;
  /** States in which at least one honest validator has decided. */
  readonly decided: number;
  /** States that were seen and not gone on from, because the bound was reached; 0 where the search is complete. */
  readonly frontier: number;
  /** The most steps from the start to a state. */
  readonly depth: number;
}

const N = 4;

/**
 * Everything that can happen to four validators, one of them Byzantine, at one height: every order of deliveries and
 * time-outs, every loss, everything that the liar could say to anybody at any time, each state once. Deliveries that
 * neither change a round nor make a core speak commute with all that happens elsewhere, so they are moved to the right
 * until the one that completes a quorum, and taken in one step with it.
 * @throws NodeError INVARIANT_VIOLATED
 */
export function searchSmall(
  options: SearchOptions,
  onProgress?: (report: readonly SearchReport[]) => void,
): SearchReport[] {
  const reports: SearchReport[] = [];
  // Validators whose turn to lead never comes are alike.
  const { liars = Array.from({ length: Math.min(options.rounds + 1, N) }, (_, index) => index) } = options;
  for (const liar of liars) {
    reports.push(new Search(options, liar).run());
    onProgress?.(reports);
  }
  return reports;
}

/** The states of the honest cores, in their order, and all that they have sent so far. */
interface SearchState {
  readonly cores: readonly CoreState[];
  readonly sent: ReadonlySet<number>;
  readonly sentKey: string;
  readonly depth: number;
}

class Search {
  readonly #options: SearchOptions;
  readonly #liarIndex: number;
  readonly #pool = new MessagePool(N);
  readonly #liar: Liar;
  readonly #cores: readonly CoreStates[];
  readonly #seen = new Set<string>();
  readonly #queue: SearchState[] = [];
  #transitions = 0;
  #decided = 0;

  constructor(options: SearchOptions, liar: number) {
    const { rounds, createCore = createConsensus } = options;
    this.#options = options;
    this.#liarIndex = liar;
    this.#liar = new Liar(this.#pool, liar, rounds);
    const faulty = new Set([this.#pool.validator(liar).id]);
    const honest = [...Array(N).keys()].filter((index) => index !== liar);
    this.#cores = honest.map((index) => new CoreStates(this.#pool, index, { createCore, faulty }));
  }

  run(): SearchReport {
    try {
      return this.#run();
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      const data = { ...error.data, liar: this.#liarIndex, states: this.#seen.size };
      throw new NodeError(error.code, `${error.message} (liar ${this.#liarIndex})`, { data, cause: error });
    }
  }

  #run(): SearchReport {
    const starts = this.#cores.map((core) => core.start);
    const sent = new Set(starts.flatMap((start) => start.sent));
    this.#visit(
      starts.map(({ state }) => state),
      sent,
      0,
    );
    let next = 0;
    let depth = 0;
    for (; next < this.#queue.length && this.#seen.size < this.#options.maxStates; next++) {
      const state = this.#queue[next] as SearchState;
      delete this.#queue[next];
      depth = state.depth;
      const said = [...state.sent, ...this.#liar.repertoire(state.sent, state.sentKey)];
      for (const core of state.cores.keys()) this.#move(state, core, said);
    }
    return {
      liar: this.#liarIndex,
      states: this.#seen.size,
      transitions: this.#transitions,
      coreStates: this.#cores.reduce((sum, core) => sum + core.size, 0),
      messages: this.#pool.size,
      decided: this.#decided,
      frontier: this.#queue.length - next,
      depth,
    };
  }

  #visit(cores: readonly CoreState[], sent: ReadonlySet<number>, depth: number): void {
    const sentKey = [...sent].sort((a, b) => a - b).join();
    const key = `${cores.map(({ id }) => id).join()} ${sentKey}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const honest = cores.map((state, index) => ({
      validator: (this.#cores[index] as CoreStates).validator,
      state,
    }));
    if (cores.some(({ decided }) => decided !== undefined)) this.#decided++;
    checkAgreement(honest, this.#pool.validators);
    this.#queue.push({ cores, sent, sentKey, depth });
  }

  /** All that one core may do next. */
  #move(state: SearchState, index: number, said: readonly number[]): void {
    const core = this.#cores[index] as CoreStates;
    const before = state.cores[index] as CoreState;
    if (before.decided !== undefined) return;
    this.#timeOut(state, index, before);
    const groups = new Map<string, number[]>();
    for (const number of said) {
      if (before.filed.has(number)) continue;
      const name = groupOf(this.#pool.at(number), number);
      const group = groups.get(name) ?? [];
      groups.set(name, group);
      group.push(number);
    }
    for (const [name, group] of groups) this.#deliver(state, index, core, before, group, name);
  }

  #timeOut(state: SearchState, index: number, at: CoreState): void {
    if (!at.isTimed || at.round + 1 >= this.#options.rounds) return;
    this.#arrive(state, index, (this.#cores[index] as CoreStates).step(at, ROUND_TIMEOUT));
  }

  /** Messages of one group, in every combination that ends with the first one that anybody notices. */
  #deliver(
    state: SearchState,
    index: number,
    core: CoreStates,
    at: CoreState,
    group: readonly number[],
    name: string,
  ): void {
    group.forEach((number, position) => {
      const step = core.step(at, number);
      if (step.state === at) return;
      const { round, isTimed } = step.state;
      const isNoticed = step.sent.length > 0 || step.state.decided !== undefined || round !== at.round;
      if (isNoticed || isTimed !== at.isTimed || name === 'proposal') this.#arrive(state, index, step);
      else {
        // Who has heard a quorum in its round may time out in it.
        if (name === 'round-change' && round > 0) this.#timeOut(state, index, step.state);
        this.#deliver(state, index, core, step.state, group.slice(position + 1), name);
      }
    });
  }

  #arrive(before: SearchState, index: number, step: CoreStep): void {
    this.#transitions++;
    const cores = before.cores.with(index, step.state);
    const isSilent = step.sent.every((number) => before.sent.has(number));
    const sent = isSilent ? before.sent : new Set([...before.sent, ...step.sent]);
    this.#visit(cores, sent, before.depth + 1);
  }
}

/** Messages of one group can complete one another's quorum. */
function groupOf(message: ConsensusMessage, number: number): string {
  switch (message.kind) {
    case 'prepare':
      return `prepare ${message.prepare.body.round} ${message.prepare.body.blockHash}`;
    case 'commit':
      return `commit ${message.commit.body.round} ${message.commit.body.blockHash}`;
    case 'round-change':
      return 'round-change';
    case 'proposal':
      return 'proposal';
    case 'decided':
      return `decided ${number}`;
  }
}
