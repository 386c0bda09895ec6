import { NodeError } from '../util/errors.ts';
import { ALL_FAULTS, type FaultClass } from './faults/faults.ts';
import { type RunOptions, type RunResult, runSeed } from './run.ts';

/** A run that broke a property: what, where, and the seed that repeats it. */
export interface RunFailure {
  readonly seed: string;
  readonly code: string;
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** In how many runs a class was on, and how often it struck in all of them. */
export interface FaultFigures {
  readonly runs: number;
  readonly struck: number;
}

/** The sum of many runs. Plain data, so that processes can hand it on. */
export interface Campaign {
  readonly runs: number;
  readonly heights: number;
  readonly steps: number;
  readonly virtualMs: number;
  /** Processor time of all processes; the host's, not a matter of the seed. */
  readonly cpuMs: number;
  readonly ed25519Runs: number;
  readonly decisionsByRound: Readonly<Record<number, number>>;
  readonly evidence: Readonly<Record<string, number>>;
  readonly faults: Readonly<Partial<Record<FaultClass, FaultFigures>>>;
  /** In liveness mode: in how many runs the slowest height after the healing took so many rounds. */
  readonly roundsAfterHealing: Readonly<Record<number, number>>;
  readonly failures: readonly RunFailure[];
}

export const EMPTY_CAMPAIGN: Campaign = {
  runs: 0,
  heights: 0,
  steps: 0,
  virtualMs: 0,
  cpuMs: 0,
  ed25519Runs: 0,
  decisionsByRound: {},
  evidence: {},
  faults: {},
  roundsAfterHealing: {},
  failures: [],
};

/** More failures than this teach nothing new. */
export const MAX_FAILURES = 10;

/** The seed of one run of a campaign. Given as `--seed` it repeats just this run. */
export function seedOfRun(seed: string, index: number): string {
  return `${seed}/${index}`;
}

/** Runs one seed and returns it as a campaign of one; a broken property becomes a failure in it. */
export function campaignOf(options: RunOptions): Campaign {
  try {
    return campaignFrom(runSeed(options));
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    const { code, message, data } = error;
    return { ...EMPTY_CAMPAIGN, runs: 1, failures: [{ seed: options.seed, code, message, data }] };
  }
}

function campaignFrom(result: RunResult): Campaign {
  const faults: Partial<Record<FaultClass, FaultFigures>> = {};
  for (const fault of result.faults) faults[fault] = { runs: 1, struck: result.struck[fault] ?? 0 };
  return {
    runs: 1,
    heights: result.maxHeight,
    steps: result.steps,
    virtualMs: result.virtualMs,
    cpuMs: 0,
    ed25519Runs: result.signatures === 'ed25519' ? 1 : 0,
    decisionsByRound: result.decisionsByRound,
    evidence: result.evidence,
    faults,
    roundsAfterHealing: result.roundsAfterHealing === undefined ? {} : { [result.roundsAfterHealing]: 1 },
    failures: [],
  };
}

export function merge(a: Campaign, b: Campaign): Campaign {
  const faults: Partial<Record<FaultClass, FaultFigures>> = {};
  for (const fault of ALL_FAULTS) {
    const [left, right] = [a.faults[fault], b.faults[fault]];
    if (left !== undefined || right !== undefined)
      faults[fault] = {
        runs: (left?.runs ?? 0) + (right?.runs ?? 0),
        struck: (left?.struck ?? 0) + (right?.struck ?? 0),
      };
  }
  return {
    runs: a.runs + b.runs,
    heights: a.heights + b.heights,
    steps: a.steps + b.steps,
    virtualMs: a.virtualMs + b.virtualMs,
    cpuMs: a.cpuMs + b.cpuMs,
    ed25519Runs: a.ed25519Runs + b.ed25519Runs,
    decisionsByRound: sum(a.decisionsByRound, b.decisionsByRound),
    evidence: sum(a.evidence, b.evidence),
    faults,
    roundsAfterHealing: sum(a.roundsAfterHealing, b.roundsAfterHealing),
    failures: [...a.failures, ...b.failures],
  };
}

function sum(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  const total: Record<string, number> = { ...a };
  for (const [key, value] of Object.entries(b)) total[key] = (total[key] ?? 0) + value;
  return total;
}

/** Classes that were on and never struck: what they were to test has not been tested. */
export function idleFaults(campaign: Campaign): FaultClass[] {
  return ALL_FAULTS.filter((fault) => campaign.faults[fault]?.struck === 0);
}
