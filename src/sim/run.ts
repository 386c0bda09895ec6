import { faultTolerance } from '../types/quorum.ts';
import { NodeError } from '../util/errors.ts';
import { drawFaults, type FaultClass } from './faults/faults.ts';
import { drawCore } from './faults/faulty-nodes.ts';
import type { SimNode } from './host.ts';
import type { SimulationErrorCode } from './invariants.ts';
import { Random } from './random.ts';
import type { SimulationReport } from './report.ts';
import { Simulation } from './simulation.ts';
import { type CoreFactory, DEFAULT_SETTINGS, type Observer } from './world.ts';

/**
 * `safety`: faults last to the end. `liveness`: after a while only n − f honest nodes and the links between them are
 * healed for good, all else stays broken, and the healed ones must decide within a bound of rounds.
 */
export type RunMode = 'safety' | 'liveness';

export interface RunOptions {
  readonly seed: string;
  readonly n: number;
  readonly heights: number;
  readonly mode: RunMode;
  /** Classes that the seed may switch on. */
  readonly faults: readonly FaultClass[];
  readonly createCore?: CoreFactory;
  readonly observer?: Observer;
}

export interface RunResult extends SimulationReport {
  readonly signatures: 'tokens' | 'ed25519';
  /** In liveness mode: the most rounds that a height took after the healing, counted from the highest round reached then. */
  readonly roundsAfterHealing: number | undefined;
}

/** The least number of heights that says something about rounds, journals and sync. */
export const MIN_HEIGHTS = 5;

/** One run in so many uses real signatures. */
const ED25519_SHARE = 1 / 100;

/** How busy a chain is: with no work anywhere a height sleeps until an empty block is due. */
const WORK_CHANCES = [0, 0.3, 0.7, 1];

/** A run goes on beyond its heights, up to this multiple, while a class that is on has not struck yet. */
const MAX_EXTENSION = 3;
const FAULTS_LAST_MS = 300_000;
const HEIGHTS_AFTER_HEALING = 3;

/**
 * Within how many rounds after the healing every height is decided. f consecutive leaders may be broken or lying; the
 * healed nodes first have to meet in one round, which takes one round beyond the highest that one of them is in, and
 * a proposal that comes too late for a node that entered its round early costs one more.
 */
export function roundsToDecide(n: number): number {
  return faultTolerance(n) + 3;
}

/** Runs one seed. @throws NodeError INVARIANT_VIOLATED, SIMULATION_STALLED, DECIDED_TOO_LATE */
export function runSeed(options: RunOptions): RunResult {
  const { seed, n } = options;
  const random = new Random(`${seed} classes`);
  const faults = drawFaults(random, options.faults, faultTolerance(n));
  const signatures = random.chance(ED25519_SHARE) ? 'ed25519' : 'tokens';
  const { createCore, observer } = options;
  const simulation = new Simulation({
    seed,
    n,
    faults,
    signatures,
    settings: { workChance: random.pick(WORK_CHANCES) },
    ...(createCore === undefined ? {} : { createCore }),
    ...(observer === undefined ? {} : { observer }),
  });
  const roundsAfterHealing =
    options.mode === 'safety'
      ? void runWithFaults(simulation, options.heights)
      : runAndHeal(simulation, options.heights);
  return { ...simulation.report(), signatures, roundsAfterHealing };
}

function runWithFaults(simulation: Simulation, heights: number): void {
  sufferFaults(simulation, heights);
  if (highestHead(simulation.honest) >= heights) return;
  simulation.healAll();
  const budgetMs = heights * budgetPerHeightMs(simulation.validators.at(1).size);
  const { honest } = simulation;
  if (!simulation.runUntil(() => highestHead(honest) >= heights, simulation.nowMs + budgetMs))
    simulation.expectHeight(heights, honest, simulation.nowMs);
}

/** Until the heights are decided and each class has struck. */
function sufferFaults(simulation: Simulation, heights: number): void {
  const { honest, counts, faults } = simulation;
  const isDone = () => {
    const head = highestHead(honest);
    if (head < heights) return false;
    if (head >= MAX_EXTENSION * heights) return true;
    for (const fault of faults) if (counts.of(fault) === 0) return false;
    return true;
  };
  simulation.runUntil(isDone, FAULTS_LAST_MS);
}

/** Returns the most rounds that a height took after the healing. */
function runAndHeal(simulation: Simulation, heights: number): number {
  const { random } = simulation;
  sufferFaults(simulation, Math.ceil(heights / 2));
  simulation.runUntil(() => false, simulation.nowMs + random.between(0, 5000));
  const core = drawCore(random, simulation.honest, simulation.validators);
  const head = highestHead(core);
  simulation.healOnly(core);
  // Those that were down have their rounds from the journal.
  const reached = Math.max(0, ...core.map((node) => roundAt(node, head + 1)));
  const target = Math.max(heights, head + HEIGHTS_AFTER_HEALING);
  const { size } = simulation.validators.at(head + 1);
  for (let height = head + 1; height <= target; height++)
    simulation.expectHeight(height, core, simulation.nowMs + budgetPerHeightMs(size));
  let most = 0;
  for (let height = head + 1; height <= target; height++) {
    const rounds = core.map((node) => node.chain.blocks[height - 1]?.certificate.round ?? 0);
    const taken = Math.max(0, Math.min(...rounds) - (height === head + 1 ? reached : 0));
    if (taken > roundsToDecide(size))
      throw new NodeError<SimulationErrorCode>(
        'DECIDED_TOO_LATE',
        `height ${height} took ${taken} rounds after the healing, more than ${roundsToDecide(size)}`,
        { data: { height, taken, reached } },
      );
    most = Math.max(most, taken);
  }
  return most;
}

function roundAt(node: SimNode, height: number): number {
  const state = node.roundState;
  return state?.height === height ? state.round : 0;
}

function highestHead(nodes: readonly SimNode[]): number {
  let head = 0;
  for (const node of nodes) head = Math.max(head, node.headHeight);
  return head;
}

/** Time enough for all rounds of a height at the longest time-out, and for waking without work. */
function budgetPerHeightMs(n: number): number {
  const { timeoutCapMs, emptyBlockIntervalMs } = DEFAULT_SETTINGS.core;
  return (roundsToDecide(n) + 2) * timeoutCapMs + emptyBlockIntervalMs;
}
