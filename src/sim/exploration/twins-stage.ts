import { checkAgreement } from './agreement.ts';
import {
  type CoreState,
  CoreStates,
  type CoreStep,
  type Input,
  RESEND_TIMEOUT,
  ROUND_TIMEOUT,
} from './core-states.ts';
import type { ExploredCoreOptions } from './explored-core.ts';
import { MessagePool } from './message-pool.ts';
import { type Partition, type Reach, reaches } from './partitions.ts';

/** A message on its way to all others, or to one validator. */
interface Outgoing {
  readonly from: number;
  readonly to: number | undefined;
  readonly message: number;
}

/** The states of all cores, and the commits that have not been delivered yet. */
export interface Configuration {
  readonly states: readonly CoreState[];
  readonly commits: readonly Outgoing[];
}

/**
 * The cores of n validators, some of them twice: two honest cores with one key and one name, that know nothing of one
 * another ("Twins: BFT Systems Made Robust", Bano et al., OPODIS 2021). Whatever a Byzantine validator gains by saying
 * different things to different validators, twins in different parts of the network do without any code of attack.
 */
export class TwinsStage {
  readonly pool: MessagePool;
  /** Which validator each core is; the second cores of the twins come last. */
  readonly validatorOf: readonly number[];
  readonly #cores: readonly CoreStates[];
  readonly #honest: readonly number[];

  constructor(n: number, twins: readonly number[], createCore: ExploredCoreOptions['createCore']) {
    this.pool = new MessagePool(n);
    this.validatorOf = [...Array.from({ length: n }, (_, index) => index), ...twins];
    const faulty = new Set(twins.map((index) => this.pool.validator(index).id));
    this.#honest = [...this.validatorOf.keys()].filter((core) => !twins.includes(this.#validator(core)));
    this.#cores = this.validatorOf.map(
      (validator, index) =>
        new CoreStates(this.pool, validator, { createCore, faulty, variant: index < n ? 0 : 1 }),
    );
  }

  get size(): number {
    return this.#cores.length;
  }

  /** How many states of single cores are known. */
  get coreStates(): number {
    return this.#cores.reduce((sum, core) => sum + core.size, 0);
  }

  /** The start of the height, with the first proposals delivered. */
  start(partition: Partition): Configuration {
    const states = this.#cores.map((core) => core.start.state);
    const outgoing: Outgoing[] = [];
    this.#cores.forEach((core, index) => {
      leave(outgoing, index, core.start);
    });
    return this.#deliver(states, outgoing, partition, true);
  }

  /** Round timers run out, the unanswered is sent again, and everything but commits arrives within its part. */
  nextRound(
    { states }: Configuration,
    partition: Partition,
    timesOut: (core: number) => boolean = () => true,
  ): Configuration {
    const now = [...states];
    const outgoing: Outgoing[] = [];
    const tell = (core: number, input: Input) => {
      const step = this.#step(core, now[core] as CoreState, input);
      now[core] = step.state;
      leave(outgoing, core, step);
    };
    for (const core of now.keys()) if (timesOut(core)) tell(core, ROUND_TIMEOUT);
    for (const core of now.keys()) tell(core, RESEND_TIMEOUT);
    return this.#deliver(now, outgoing, partition, true);
  }

  /** The commits arrive where they reach anybody. */
  deliverCommits({ states, commits }: Configuration, reach: Reach): Configuration {
    return this.#deliver([...states], [...commits], reach, false);
  }

  /** Whether all honest validators have decided. */
  isDecided({ states }: Configuration): boolean {
    return this.#honest.every((core) => states[core]?.decided !== undefined);
  }

  check({ states }: Configuration): void {
    const honest = this.#honest.map((core) => ({
      validator: this.#validator(core),
      state: states[core] as CoreState,
    }));
    checkAgreement(honest, this.pool.validators);
  }

  #validator(core: number): number {
    return this.validatorOf[core] as number;
  }

  #step(core: number, state: CoreState, input: Input): CoreStep {
    return (this.#cores[core] as CoreStates).step(state, input);
  }

  /** In the order of sending, until nothing is on its way. */
  #deliver(states: CoreState[], outgoing: Outgoing[], reach: Reach, holdsCommits: boolean): Configuration {
    const commits: Outgoing[] = [];
    for (let next = 0; next < outgoing.length; next++) {
      const sent = outgoing[next] as Outgoing;
      if (holdsCommits && this.pool.at(sent.message).kind === 'commit') {
        commits.push(sent);
        continue;
      }
      for (const core of states.keys()) {
        if (core === sent.from || !reaches(reach, sent.from, core)) continue;
        if (sent.to !== undefined && sent.to !== this.#validator(core)) continue;
        const step = this.#step(core, states[core] as CoreState, sent.message);
        states[core] = step.state;
        leave(outgoing, core, step);
      }
    }
    return { states, commits };
  }
}

function leave(outgoing: Outgoing[], from: number, { sent, answers }: CoreStep): void {
  for (const message of sent) outgoing.push({ from, to: undefined, message });
  for (const { to, message } of answers) outgoing.push({ from, to, message });
}
