import { createConsensus } from '../../consensus/consensus.ts';
import { Random } from '../random.ts';
import { commitReaches, type Partition, partitions } from './partitions.ts';
import {
  addTwins,
  type Choice,
  heal,
  located,
  NO_TWINS,
  type TwinsOptions,
  type TwinsReport,
} from './twins.ts';
import { type Configuration, TwinsStage } from './twins-stage.ts';

export interface SampleOptions extends TwinsOptions {
  readonly seed: string;
  /** First sample and number of samples. */
  readonly from: number;
  readonly samples: number;
}

/** Cores that have been in so many states begin anew, so that long runs do not grow. */
const MAX_CORE_STATES = 100_000;

/**
 * Random schedules of so many rounds. Other than in the full enumeration, single cores also miss their time-outs, and
 * come later than others. What a sample does depends on the seed and its number only.
 * @throws NodeError INVARIANT_VIOLATED, SIMULATION_STALLED
 */
export function sampleTwins(options: SampleOptions): TwinsReport {
  const { n, from, samples, seed } = options;
  const choices = partitions(n + options.twins, options.parts);
  const stages = new Map<string, TwinsStage>();
  let report = NO_TWINS;
  for (let index = from; index < from + samples; index++) {
    const random = new Random(`${seed}/${index}`);
    const twins = random.sample([...Array(n).keys()], options.twins).sort((a, b) => a - b);
    const known = stages.get(twins.join());
    const stage = known ?? new TwinsStage(n, twins, options.createCore ?? createConsensus);
    report = addTwins(report, runSample(stage, random, options.rounds, choices, twins));
    stages.set(twins.join(), stage);
    if (coreStates(stages) > MAX_CORE_STATES) stages.clear();
  }
  return report;
}

function coreStates(stages: ReadonlyMap<string, TwinsStage>): number {
  let total = 0;
  for (const stage of stages.values()) total += stage.coreStates;
  return total;
}

function runSample(
  stage: TwinsStage,
  random: Random,
  rounds: number,
  choices: readonly Partition[],
  twins: readonly number[],
): TwinsReport {
  let configuration: Configuration | undefined;
  let choice: Choice | undefined;
  try {
    for (let round = 0; round < rounds; round++) {
      const votes = random.pick(choices);
      const commits = random.pick(commitReaches(votes));
      choice = { votes, commits, before: choice };
      const late = random.sample([...Array(stage.size).keys()], random.pick([0, 0, 1, 2]));
      configuration =
        configuration === undefined
          ? stage.start(votes)
          : stage.nextRound(configuration, votes, (core) => !late.includes(core));
      stage.check(configuration);
      configuration = stage.deliverCommits(configuration, commits);
      stage.check(configuration);
      if (stage.isDecided(configuration)) return { ...NO_TWINS, schedules: 1, decidedBefore: 1 };
    }
    const healed = heal(stage, configuration as Configuration);
    return { ...NO_TWINS, schedules: 1, roundsAfterHealing: { [healed]: 1 } };
  } catch (error) {
    throw located(error, twins, choice as Choice);
  }
}
