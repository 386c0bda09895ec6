import { fork } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import type { Campaign } from '../../sim/campaign.ts';
import type { FaultClass } from '../../sim/faults/faults.ts';
import type { RunMode } from '../../sim/run.ts';
import { NodeError } from '../../util/errors.ts';

/** A number of runs of one campaign, from run `from` on. */
export interface SimPart {
  readonly validators: number;
  readonly seed: string;
  readonly from: number;
  readonly runs: number;
  readonly heights: number;
  readonly mode: RunMode;
  readonly faults: readonly FaultClass[];
  /** The seed is that of one run, not of a campaign. */
  readonly isOneRun: boolean;
}

/** How often a process reports what it has done. */
const REPORT_INTERVAL_MS = 2000;

/**
 * Runs a part; gives what was done since the last report to `onProgress`, and ends when that says that nobody wants to
 * know more, or after too many failures.
 */
async function runHere(part: SimPart, onProgress: (done: Campaign) => boolean): Promise<void> {
  const { campaignOf, EMPTY_CAMPAIGN, MAX_FAILURES, merge, seedOfRun } = await import(
    '../../sim/campaign.ts'
  );
  const { validators: n, heights, mode, faults } = part;
  let done = EMPTY_CAMPAIGN;
  let failures = 0;
  let reportedAt = performance.now();
  let cpuBefore = cpuMs();
  const report = () => {
    const cpuNow = cpuMs();
    const isWanted = onProgress({ ...done, cpuMs: cpuNow - cpuBefore });
    done = EMPTY_CAMPAIGN;
    cpuBefore = cpuNow;
    reportedAt = performance.now();
    return isWanted;
  };
  for (let index = part.from; index < part.from + part.runs && failures < MAX_FAILURES; index++) {
    const seed = part.isOneRun ? part.seed : seedOfRun(part.seed, index);
    const run = campaignOf({ seed, n, heights, mode, faults });
    done = merge(done, run);
    failures += run.failures.length;
    if (performance.now() - reportedAt < REPORT_INTERVAL_MS) continue;
    if (!report()) return;
    // Runs never wait for anything: here the process gets to know that its parent is gone.
    await setImmediate();
  }
  report();
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** In a process that `startParts` has started: reports to the parent. */
export async function runPart(part: SimPart): Promise<void> {
  const send = process.send?.bind(process);
  if (send === undefined)
    throw new NodeError('NO_PARENT', '--part is for processes that metanode sim starts');
  await runHere(part, (done) => {
    if (process.connected) send(done);
    return process.connected;
  });
  if (process.connected) process.disconnect();
}

/** Runs a campaign in `jobs` processes (in this one if it is one) and returns the sum. */
export async function startParts(
  part: SimPart,
  jobs: number,
  onProgress: (sum: Campaign) => void,
): Promise<Campaign> {
  const { EMPTY_CAMPAIGN, merge } = await import('../../sim/campaign.ts');
  let sum = EMPTY_CAMPAIGN;
  const add = (done: Campaign) => {
    sum = merge(sum, done);
    if (sum.runs < part.runs) onProgress(sum);
    return true;
  };
  if (jobs === 1) await runHere(part, add);
  else await Promise.all(split(part, jobs).map((share) => runInChild(share, add)));
  return sum;
}

function split(part: SimPart, jobs: number): SimPart[] {
  return Array.from({ length: jobs }, (_, job) => {
    const from = Math.floor((part.runs * job) / jobs);
    return { ...part, from, runs: Math.floor((part.runs * (job + 1)) / jobs) - from };
  });
}

/** The same program again, with a channel for its reports. */
async function runInChild(part: SimPart, add: (done: Campaign) => boolean): Promise<void> {
  const { validators, seed, from, runs, heights, mode, faults } = part;
  const options = { validators, seed, runs, heights, mode, faults: faults.join(',') || 'none', part: from };
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const child = fork(process.argv[1] as string, ['sim', ...args], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.on('message', (done) => add(done as Campaign));
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (...how) => resolve(how));
  });
  if (code !== 0)
    throw new NodeError('SIMULATION_PROCESS_FAILED', `a simulation process ended with ${code ?? signal}`, {
      data: { from, runs },
    });
}
