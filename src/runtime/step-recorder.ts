import { NO_USAGE, type Step, type StepAction, type Usage } from '../types/step-receipt.ts';
import type { ContainerRun, ContainerUsage, StartTimes } from './container-run.ts';

/** Usage as the chain counts it. What this machine does not account for is credited to nobody. */
function creditable({ cpuNs, memoryMegabyteSeconds }: ContainerUsage): Usage {
  return {
    ...NO_USAGE,
    cpuMs: Math.floor((cpuNs ?? 0) / 1_000_000),
    memoryMbS: memoryMegabyteSeconds ?? 0,
  };
}

function usageBetween(before: Usage, after: Usage): Usage {
  const more = (name: keyof Usage) => Math.max(0, after[name] - before[name]);
  return {
    cpuMs: more('cpuMs'),
    memoryMbS: more('memoryMbS'),
    storageMicroGbDay: more('storageMicroGbDay'),
    egressBytes: more('egressBytes'),
  };
}

/** Turns what happened to one container into the steps that its node reports. */
export class StepRecorder {
  #steps: Step[] = [];
  #lastMs = 0;
  #credited: Usage = NO_USAGE;
  #hasStarted = false;

  /** The steps that were recorded since the last call. */
  take(): Step[] {
    const taken = this.#steps;
    this.#steps = [];
    return taken;
  }

  get size(): number {
    return this.#steps.length;
  }

  /** A clock that steps back must not make a step older than the one before. */
  #record(
    action: StepAction,
    atMs: number,
    {
      sinceMs = atMs,
      exitCode = 0,
      usage = NO_USAGE,
    }: { sinceMs?: number; exitCode?: number; usage?: Usage } = {},
  ): void {
    const timeMs = Math.max(this.#lastMs, Math.round(atMs));
    this.#lastMs = timeMs;
    const durationMs = Math.max(0, timeMs - Math.round(sinceMs));
    this.#steps.push({ action, timeMs, durationMs, exitCode, usage });
  }

  #usageSince(usage: ContainerUsage): Usage {
    const now = creditable(usage);
    const used = usageBetween(this.#credited, now);
    this.#credited = now;
    return used;
  }

  /** The latency of a start counts from the request: the creation of the container is part of it. */
  started({ requestedMs, createdMs, runningMs }: StartTimes): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    this.#record('create', requestedMs);
    if (createdMs !== undefined) this.#record('created', createdMs, { sinceMs: requestedMs });
    if (runningMs !== undefined) this.#record('start', runningMs, { sinceMs: requestedMs });
  }

  sampled(usage: ContainerUsage, wallMs: number): void {
    this.#record('sample', wallMs, { usage: this.#usageSince(usage) });
  }

  /** `isLast`: the replica is gone for good, not only this container. */
  ended(run: ContainerRun, isLast: boolean): void {
    this.started(run);
    const { end, endedMs, deletedMs, runningMs } = run;
    const action = runningMs === undefined ? 'fail' : end.kind === 'killed' ? 'kill' : 'exit';
    const usage = this.#usageSince(run.usage);
    this.#record(action, endedMs, { exitCode: end.code, usage, sinceMs: runningMs ?? run.requestedMs });
    if (isLast) this.#record('delete', deletedMs, { sinceMs: endedMs });
  }
}
