import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CliContext } from '../../src/cli/context.ts';
import { usageError } from '../../src/cli/exit-code.ts';
import { faultTolerance } from '../../src/types/quorum.ts';
import { errorCode, NodeError } from '../../src/util/errors.ts';
import { CHAOS_PACES, chaosSteps } from '../chaos-plan.ts';
import { TestnetDirectory, type TestnetErrorCode } from '../directory.ts';
import { impossibleFaults } from '../faults.ts';
import type { LoadReport } from '../load/tracker.ts';
import { FAULTS, type FaultKind, type Manifest } from '../manifest.ts';
import { type ChaosOutcome, chaos as chaosStage } from '../stages/chaos.ts';
import { type CheckReport, check } from '../stages/check.ts';
import { FOREGROUND_LANE, load } from '../stages/load.ts';
import type { Supervisor } from '../supervisor.ts';
import { renderCheckReport } from './check.ts';
import { listenForInterrupt } from './interrupt.ts';
import { supervisorOf } from './supervisor-of.ts';

export interface ChaosCommandOptions {
  seconds: number;
  hits?: number;
  seed?: number;
  only?: string[];
  quick?: boolean;
  loadRate: number;
}

interface ChaosReport {
  readonly ok: boolean;
  readonly seed: number;
  /** Faults that this machine does not allow, and why. */
  readonly leftOut: readonly { readonly kind: FaultKind; readonly reason: string }[];
  /** How many nodes were hit in all. */
  readonly hits: number;
  readonly slowestReturnMs: number;
  readonly faults: readonly ChaosOutcome[];
  readonly findings: readonly string[];
  readonly loads: readonly LoadReport[];
  readonly check: CheckReport;
}

const MAX_SEED = 2 ** 31;
/** Length of one plan of the load where hits are counted and nobody knows how long they take. */
const LOAD_SECONDS = 20;
const LOAD_RETRY_MS = 500;
const NOBODY_THERE: ReadonlySet<string> = new Set(['NOT_REACHABLE', 'TIMED_OUT']);

/**
 * `metanode testnet chaos`: faults that a seed decides, on a testnet that runs and under load, and every check
 * afterwards. What is hit and for how long repeats with the seed; how the nodes' threads interleave does not.
 */
export async function chaos(
  { output }: CliContext,
  path: string,
  options: ChaosCommandOptions,
): Promise<void> {
  const directory = new TestnetDirectory(path);
  const supervisor = await supervisorOf(directory);
  await assertAllRun(supervisor);
  const manifest = await directory.loadManifest();
  const seed = options.seed ?? randomInt(MAX_SEED);
  const wanted = wantedFaults(options.only);
  const leftOut = await impossibleFaults(wanted);
  const kinds = wanted.filter((kind) => !leftOut.some((left) => left.kind === kind));
  const validators = supervisor.nodes.filter(({ validator }) => validator !== null).map(({ name }) => name);
  output.step('chaos', `seed ${seed}: ${kinds.join(', ')}; f is ${faultTolerance(validators.length)}`);
  for (const { kind, reason } of leftOut) output.step('chaos', `no ${kind}: ${reason}`);
  if (kinds.length === 0)
    throw new NodeError<TestnetErrorCode>('FAULT_IMPOSSIBLE', 'none of these faults can be done here');
  const interrupt = listenForInterrupt();
  const timeUp = new AbortController();
  const timer = options.hits === undefined && setTimeout(() => timeUp.abort(), options.seconds * 1000);
  const faultsOver = new AbortController();
  try {
    const loading = keepLoaded(supervisor, manifest, options, faultsOver.signal);
    loading.catch(() => {}); // looked at below, when the faults are over
    const pace = options.quick === true ? CHAOS_PACES.quick : CHAOS_PACES.steady;
    output.progress('faults under load');
    const faults = await chaosStage(supervisor, chaosSteps(seed, validators, kinds, pace), {
      settings: manifest,
      signal: AbortSignal.any([interrupt.signal, timeUp.signal]),
      hits: options.hits,
      onOutcome: (outcome) => output.step('chaos', renderOutcome(outcome)),
    });
    faultsOver.abort();
    const loads = await loading;
    output.progress('comparing all nodes, and replaying the chain');
    const checked = await check(supervisor, { coverage: false });
    const findings = [
      ...faults.flatMap((outcome) => outcome.findings),
      ...(await supervisor.deadNodes()).map((name) => `${name} does not run any more`),
      ...loads.flatMap(lossesOf),
    ];
    const ok = findings.length === 0 && checked.ok;
    const hits = faults.reduce((sum, { nodes }) => sum + nodes.length, 0);
    const slowestReturnMs = Math.max(0, ...faults.map(({ returnMs }) => returnMs ?? 0));
    const report: ChaosReport = {
      ok,
      seed,
      leftOut,
      hits,
      slowestReturnMs,
      faults,
      findings,
      loads,
      check: checked,
    };
    output.result(report, renderReport(report));
    if (!ok)
      throw new NodeError<TestnetErrorCode>('NOT_HEALTHY', 'the testnet did not come through unharmed', {
        hint: `repeat the faults with --seed ${seed}`,
      });
  } finally {
    faultsOver.abort();
    if (timer !== false) clearTimeout(timer);
    interrupt.release();
  }
}

/** @throws NodeError USAGE for a fault that does not exist */
function wantedFaults(only: readonly string[] | undefined): readonly FaultKind[] {
  const unknown = only?.find((kind) => !FAULTS.some((known) => known === kind));
  if (unknown !== undefined) throw usageError(`no fault ${unknown}`, `there are ${FAULTS.join(', ')}`);
  return FAULTS.filter((kind) => only?.includes(kind) ?? true);
}

async function assertAllRun(supervisor: Supervisor): Promise<void> {
  const dead = new Set(await supervisor.deadNodes());
  if (supervisor.nodes.every(({ name, pid }) => pid !== null && !dead.has(name))) return;
  throw new NodeError<TestnetErrorCode>('NOT_HEALTHY', 'not every node runs', {
    hint: 'metanode testnet resume',
  });
}

/** One load after the other while there are faults; each follows what it sent to the end. */
async function keepLoaded(
  supervisor: Supervisor,
  manifest: Manifest,
  { loadRate, seconds, hits }: ChaosCommandOptions,
  faultsOver: AbortSignal,
): Promise<LoadReport[]> {
  const reports: LoadReport[] = [];
  do {
    // A load goes to the nodes that run when it begins: it waits for a moment at which nobody is away.
    if (supervisor.running.length < supervisor.nodes.length) {
      await sleep(LOAD_RETRY_MS);
      continue;
    }
    try {
      reports.push(
        await load(supervisor, manifest, {
          rate: loadRate,
          seconds: hits === undefined ? seconds : LOAD_SECONDS,
          lane: FOREGROUND_LANE,
          validatorChanges: false,
          // A transaction that nobody took in an outage leaves a gap before those that follow: no reason to stand still.
          impatient: true,
        }),
      );
    } catch (error) {
      // A load begins by asking a node how things stand, and that one may be down just now.
      if (!NOBODY_THERE.has(errorCode(error) ?? '')) throw error;
      await sleep(LOAD_RETRY_MS);
    }
  } while (!faultsOver.aborted || reports.length === 0);
  return reports;
}

/** Under faults a transaction may be refused, or end differently because another came late; none may get lost. */
function lossesOf({ lost, repeated }: LoadReport): string[] {
  return [
    ...(lost > 0 ? [`${lost} accepted transactions have neither a receipt nor a recorded drop`] : []),
    ...(repeated > 0 ? [`${repeated} transactions have more than one receipt`] : []),
  ];
}

function renderOutcome({ kind, nodes, forMs, stopsChain, heights, returnMs }: ChaosOutcome): string {
  const what = `${kind} ${nodes.join(' ')} for ${seconds(forMs)}${stopsChain ? ', no quorum left' : ''}`;
  const back = returnMs === null ? 'not all came back' : `all back after ${seconds(returnMs)}`;
  return `${what}: height ${heights[0]} to ${heights[1]}, ${back}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function renderReport(report: ChaosReport): string {
  const { seed, hits, slowestReturnMs, faults, findings, loads } = report;
  const total = (count: (load: LoadReport) => number) => loads.reduce((sum, load) => sum + count(load), 0);
  return [
    `chaos           ${findings.length === 0 ? 'ok' : 'BROKEN'}: ${faults.length} faults on ${hits} nodes, seed ${seed}, slowest return ${seconds(slowestReturnMs)}`,
    ...findings.map((finding) => `  ${finding}`),
    `load            ${total(({ final }) => final)} of ${total(({ planned }) => planned)} transactions final, refused ${total(({ refused }) => refused)}, dropped ${total(({ dropped }) => dropped)}, not as planned ${total(({ unexpected }) => unexpected)}, lost ${total(({ lost }) => lost)}`,
    renderCheckReport(report.check),
  ].join('\n');
}
