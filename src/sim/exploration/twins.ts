import { createConsensus } from '../../consensus/consensus.ts';
import { faultTolerance } from '../../types/quorum.ts';
import { NodeError } from '../../util/errors.ts';
import type { SimulationErrorCode } from '../invariants.ts';
import type { CoreFactory } from '../world.ts';
import { commitReaches, type Partition, partitions, type Reach, swapped } from './partitions.ts';
import { type Configuration, TwinsStage } from './twins-stage.ts';

export interface TwinsOptions {
  readonly n: number;
  /** How many validators are two. */
  readonly twins: number;
  /** Rounds with partitions of their own; afterwards the network is whole. */
  readonly rounds: number;
  /** Into how many parts the network falls at most. */
  readonly parts: number;
  readonly createCore?: CoreFactory;
}

/** What was covered. Plain data, so that processes can hand it on. */
export interface TwinsReport {
  /** Combinations of twins, partitions and reaches of commits that were tried. */
  readonly schedules: number;
  /** Different states of all cores together, at the ends of rounds. */
  readonly states: number;
  /** In how many schedules all honest validators had decided before the network was whole. */
  readonly decidedBefore: number;
  /** In how many schedules they all had decided so many rounds after that. */
  readonly roundsAfterHealing: Readonly<Record<number, number>>;
}

export const NO_TWINS: TwinsReport = { schedules: 0, states: 0, decidedBefore: 0, roundsAfterHealing: {} };

/** How a configuration came about: the partition of a round for all messages but commits, and whom those reach. */
export interface Choice {
  readonly votes: Partition;
  readonly commits: Reach | undefined;
  readonly before: Choice | undefined;
}

/**
 * Within how many rounds all have decided once the network is whole: validators first meet in one round, f leaders in
 * a row may be twins that propose two blocks, and who was left behind is answered with the block in one more.
 */
export function roundsToHeal(n: number): number {
  return faultTolerance(n) + 3;
}

/**
 * All schedules of so many rounds: each position of the twins in the order of leaders, and for each round each
 * partition under which its proposals, prepares and round changes travel; its commits reach whom those do, nobody, or
 * one core alone, which then may be the only one to decide.
 * Schedules that differ only in which twin is which are tried once, and schedules that have led all cores to the
 * same states go on together; all of them are counted.
 * @throws NodeError INVARIANT_VIOLATED, SIMULATION_STALLED
 */
export function tryAllTwins(options: TwinsOptions, onProgress?: (report: TwinsReport) => void): TwinsReport {
  let report = NO_TWINS;
  for (const twins of positions(options)) {
    report = addTwins(report, new Search(options, twins).run());
    onProgress?.(report);
  }
  return report;
}

export function addTwins(a: TwinsReport, b: TwinsReport): TwinsReport {
  const roundsAfterHealing: Record<number, number> = { ...a.roundsAfterHealing };
  for (const [rounds, count] of Object.entries(b.roundsAfterHealing))
    roundsAfterHealing[Number(rounds)] = (roundsAfterHealing[Number(rounds)] ?? 0) + count;
  return {
    schedules: a.schedules + b.schedules,
    states: a.states + b.states,
    decidedBefore: a.decidedBefore + b.decidedBefore,
    roundsAfterHealing,
  };
}

/** Makes the network whole; says after how many rounds all have decided. @throws NodeError SIMULATION_STALLED */
export function heal(stage: TwinsStage, broken: Configuration): number {
  const whole = stage.validatorOf.map(() => 0);
  const bound = roundsToHeal(stage.pool.validators.size);
  let configuration = broken;
  for (let round = 1; round <= bound; round++) {
    configuration = stage.deliverCommits(stage.nextRound(configuration, whole), whole);
    stage.check(configuration);
    if (stage.isDecided(configuration)) return round;
  }
  throw new NodeError<SimulationErrorCode>(
    'SIMULATION_STALLED',
    `undecided ${bound} rounds after the healing`,
  );
}

/** An error with the schedule that leads to it. */
export function located(error: unknown, twins: readonly number[], last: Choice, data: object = {}): unknown {
  if (!(error instanceof NodeError)) return error;
  const schedule: string[] = [];
  for (let choice: Choice | undefined = last; choice !== undefined; choice = choice.before)
    schedule.unshift(`${choice.votes.join('')}/${reachName(choice.commits)}`);
  return new NodeError(
    error.code,
    `${error.message} (twins ${twins.join()}, partitions ${schedule.join(' ')})`,
    {
      data: { ...error.data, twins, schedule, ...data },
      cause: error,
    },
  );
}

function reachName(reach: Reach | undefined): string {
  if (reach === undefined) return '-';
  return typeof reach === 'number' ? `only ${reach}` : reach.join('');
}

/** Validators lead in turn, the first one first; those whose turn never comes are alike. */
function positions({ n, twins, rounds }: TwinsOptions): number[][] {
  const choose = (count: number, from: number): number[][] => {
    if (count === 0) return [[]];
    const found: number[][] = [];
    for (let first = from; first + count <= n; first++) {
      for (const rest of choose(count - 1, first + 1)) found.push([first, ...rest]);
      if (first >= rounds) break;
    }
    return found;
  };
  return choose(twins, 0);
}

interface Node {
  readonly configuration: Configuration;
  readonly choice: Choice;
  /** How many schedules lead here. */
  schedules: number;
}

/** All schedules of one choice of twins, round by round. */
class Search {
  readonly #options: TwinsOptions;
  readonly #twins: readonly number[];
  readonly #stage: TwinsStage;
  readonly #partitions: readonly Partition[];
  #level = new Map<string, Node>();
  #report = NO_TWINS;

  constructor(options: TwinsOptions, twins: readonly number[]) {
    const { n, parts, createCore = createConsensus } = options;
    this.#options = options;
    this.#twins = twins;
    this.#stage = new TwinsStage(n, twins, createCore);
    this.#partitions = partitions(this.#stage.size, parts);
  }

  run(): TwinsReport {
    const { rounds } = this.#options;
    for (const [votes, weight] of this.#firstPartitions()) this.#extend(undefined, votes, weight, rounds - 1);
    for (let left = rounds - 2; left >= 0; left--) {
      const level = this.#level;
      this.#level = new Map();
      for (const node of level.values())
        for (const votes of this.#partitions) this.#extend(node, votes, node.schedules, left);
    }
    for (const node of this.#level.values()) this.#heal(node);
    return this.#report;
  }

  /** One of each two partitions that differ only in which twin is which, with how many it stands for. */
  #firstPartitions(): Map<Partition, number> {
    const weights = new Map<Partition, number>();
    const names = new Map<string, Partition>();
    const { n } = this.#options;
    for (const partition of this.#partitions) {
      let images: Partition[] = [partition];
      this.#twins.forEach((twin, index) => {
        images = images.concat(images.map((image) => swapped(image, twin, n + index)));
      });
      const name = images.map((image) => image.join()).sort()[0] as string;
      const first = names.get(name) ?? partition;
      names.set(name, first);
      weights.set(first, (weights.get(first) ?? 0) + 1);
    }
    return weights;
  }

  /** One round more, under one partition for its votes and every reach of its commits. */
  #extend(node: Node | undefined, votes: Partition, schedules: number, roundsLeft: number): void {
    const stage = this.#stage;
    const choice: Choice = { votes, commits: undefined, before: node?.choice };
    this.#attempt(choice, () => {
      const voted = node === undefined ? stage.start(votes) : stage.nextRound(node.configuration, votes);
      stage.check(voted);
      if (voted.commits.length === 0) {
        const all = schedules * commitReaches(votes).length;
        this.#add({ configuration: voted, choice, schedules: all }, roundsLeft);
        return;
      }
      for (const commits of commitReaches(votes)) {
        const tried = { ...choice, commits };
        this.#attempt(tried, () => {
          const configuration = stage.deliverCommits(voted, commits);
          stage.check(configuration);
          this.#add({ configuration, choice: tried, schedules }, roundsLeft);
        });
      }
    });
  }

  /** Where all have decided, nothing comes of the rounds that are left, whatever their partitions. */
  #add(node: Node, roundsLeft: number): void {
    if (this.#stage.isDecided(node.configuration)) {
      const choices = this.#partitions.length * commitReaches(node.choice.votes).length;
      const schedules = node.schedules * choices ** roundsLeft;
      this.#report = addTwins(this.#report, { ...NO_TWINS, schedules, decidedBefore: schedules });
      return;
    }
    const key = node.configuration.states.map((state) => state.id).join();
    const known = this.#level.get(key);
    if (known !== undefined) {
      known.schedules += node.schedules;
      return;
    }
    this.#level.set(key, node);
    this.#report = { ...this.#report, states: this.#report.states + 1 };
  }

  #heal({ configuration, choice, schedules }: Node): void {
    this.#attempt(choice, () => {
      const rounds = heal(this.#stage, configuration);
      this.#report = addTwins(this.#report, {
        ...NO_TWINS,
        schedules,
        roundsAfterHealing: { [rounds]: schedules },
      });
    });
  }

  #attempt(choice: Choice, step: () => void): void {
    try {
      step();
    } catch (error) {
      throw error instanceof NodeError && error.data.schedule === undefined
        ? located(error, this.#twins, choice)
        : error;
    }
  }
}
