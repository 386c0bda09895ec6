import { setTimeout as sleep } from 'node:timers/promises';
import { errorMessage } from '../../src/util/errors.ts';
import type { ChaosStep } from '../chaos-plan.ts';
import { inject } from '../faults.ts';
import { connectNode } from '../rpc.ts';
import type { Supervisor } from '../supervisor.ts';
import type { StartSettings } from './start.ts';
import { heightsOf, waitForHeight } from './wait.ts';

/** What one fault did to the testnet. */
export interface ChaosOutcome {
  readonly kind: string;
  readonly nodes: readonly string[];
  readonly forMs: number;
  readonly stopsChain: boolean;
  /** The highest block before the fault, and at its end among those that it leaves at work. */
  readonly heights: readonly [number, number];
  /** From the end of the fault until every node had a block that was made after it; null if that never came. */
  readonly returnMs: number | null;
  readonly findings: readonly string[];
}

export interface ChaosOptions {
  readonly settings: StartSettings;
  /** Nothing new is begun after it; the fault under way is ended in order. */
  readonly signal: AbortSignal;
  /** Ends after so many hits of a node. */
  readonly hits?: number | undefined;
  readonly onOutcome: (outcome: ChaosOutcome) => void;
}

/** A node must be back at the common height so soon after its return. */
export const MAX_RETURN_MS = 20_000;
/** A testnet that has just begun is slow, because all its nodes compile their code: faults wait for so many blocks. */
const WARM_UP_BLOCKS = 10;
/** After this nobody waits any more. */
const GIVE_UP_MS = 90_000;
/** Votes that were on their way may still decide a block. */
const LAST_DECISION_MS = 1_500;
const BLOCKS_ON_THEIR_WAY = 1;

/** Does one fault after the other to a testnet that runs, until the signal, enough hits, or one that is not survived. */
export async function chaos(
  supervisor: Supervisor,
  steps: Iterable<ChaosStep>,
  options: ChaosOptions,
): Promise<ChaosOutcome[]> {
  const outcomes: ChaosOutcome[] = [];
  let hits = 0;
  await waitForHeight(supervisor, WARM_UP_BLOCKS, GIVE_UP_MS);
  for (const step of steps) {
    if (options.signal.aborted || hits >= (options.hits ?? Number.POSITIVE_INFINITY)) break;
    hits += step.fault.nodes.length;
    const outcome = await play(supervisor, step, options);
    outcomes.push(outcome);
    options.onOutcome(outcome);
    if (outcome.returnMs === null) break;
    await pause(step.calmMs, options.signal);
  }
  return outcomes;
}

async function play(
  supervisor: Supervisor,
  { fault, stopsChain }: ChaosStep,
  { settings, signal }: ChaosOptions,
): Promise<ChaosOutcome> {
  const findings: string[] = [];
  const before = await highest(supervisor.nodes.map(connectNode));
  const ongoing = await inject(supervisor, fault, settings);
  // Both sides of a partition are at work: neither may get on without a quorum.
  const atWork =
    fault.kind === 'partition'
      ? supervisor.nodes
      : supervisor.nodes.filter(({ name }) => !fault.nodes.includes(name));
  const others = atWork.map(connectNode);
  const grace = Math.min(LAST_DECISION_MS, fault.forMs);
  await pause(grace, signal);
  const settled = await highest(others);
  await pause(fault.forMs - grace, signal);
  const after = Math.max(before, await highest(others));
  if (stopsChain && others.length > 0 && after > settled + BLOCKS_ON_THEIR_WAY)
    findings.push(`without a quorum the chain went from height ${settled} to ${after}`);
  const beginMs = performance.now();
  let returnMs: number | null = null;
  try {
    await ongoing.heal();
    const head = Math.max(after, await highest(supervisor.nodes.map(connectNode)));
    await waitForHeight(supervisor, head + 1, GIVE_UP_MS);
    returnMs = Math.round(performance.now() - beginMs);
    if (returnMs > MAX_RETURN_MS) findings.push(`${fault.nodes.join(' ')} took ${returnMs} ms to come back`);
  } catch (error) {
    findings.push(`${fault.nodes.join(' ')} did not come back: ${errorMessage(error)}`);
  }
  const { kind, nodes, forMs } = fault;
  return { kind, nodes, forMs, stopsChain, heights: [before, after], returnMs, findings };
}

async function highest(nodes: Parameters<typeof heightsOf>[0]): Promise<number> {
  return Math.max(0, ...(await heightsOf(nodes)).map(({ height }) => height ?? 0));
}

/** An interrupted run ends its fault early instead of leaving nodes behind. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
