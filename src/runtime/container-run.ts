import type { CapturedOutput } from './bounded-output.ts';
import type { CgroupUsage } from './cgroups.ts';

/** How a container ended. */
export type ContainerEnd =
  | { readonly kind: 'exited'; readonly code: number }
  /** `code` is 128 + the signal, as shells have it. */
  | {
      readonly kind: 'killed';
      readonly code: number;
      readonly by: 'out-of-memory' | 'time-limit' | 'request';
    }
  /** The runtime could not make it, or could not start the program; `message` says why. */
  | { readonly kind: 'failed'; readonly code: number; readonly message: string };

/** What the kernel has counted of a container so far, or in all. */
export interface ContainerUsage extends CgroupUsage {
  /** Undefined where memory is not accounted for. */
  readonly memoryMegabyteSeconds: number | undefined;
}

/** When what began, in wall time of this machine. A container that failed was never running, and maybe not created. */
export interface StartTimes {
  readonly requestedMs: number;
  readonly createdMs: number | undefined;
  readonly runningMs: number | undefined;
}

export interface ContainerRun extends StartTimes {
  readonly endedMs: number;
  readonly deletedMs: number;
  readonly end: ContainerEnd;
  readonly usage: ContainerUsage;
  readonly stdout: CapturedOutput;
  readonly stderr: CapturedOutput;
}

export interface RunSettings {
  /** Aborting it ends the container: SIGTERM, and SIGKILL after the grace. */
  readonly signal?: AbortSignal | undefined;
  readonly graceMs?: number;
  /** The container is killed after this time. */
  readonly timeLimitMs?: number | undefined;
  /** Called every `sampleIntervalMs` while it runs. */
  readonly sampleIntervalMs?: number;
  readonly onSample?: (usage: ContainerUsage, wallMs: number) => void;
  /** Called once, when the program is seen to run; not if it ends before anybody looked. */
  readonly onRunning?: (times: StartTimes) => void;
  readonly onOutput?: (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void;
}
