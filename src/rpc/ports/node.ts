import type { LogLevel } from '../../util/logger.ts';

export interface EventLoopView {
  readonly watchedMs: number;
  /** 0 idle, 1 busy all the time. */
  readonly utilization: number;
  readonly lagMs: { readonly p50: number; readonly p99: number; readonly max: number } | undefined;
}

/** What the process has used since it started, and what it uses now. */
export interface UsageView {
  readonly cpuSeconds: number;
  /** Of the main thread, apart from waiting. */
  readonly busySeconds: number;
  readonly heapBytes: number;
  /** On the file system of the data directory; undefined where it cannot be asked. */
  readonly freeDiskBytes: number | undefined;
}

/** One setting of the node as it is in effect. Files are named, what they hold is not shown. */
export interface OptionView {
  readonly name: string;
  readonly value: unknown;
  readonly origin: 'flag' | 'env' | 'file' | 'program' | 'default';
  /** The flag, the variable, or file and line. */
  readonly source: string | null;
}

export interface LogLevelView {
  readonly module: string;
  readonly level: LogLevel;
}

export interface NodePort {
  readonly name: string;
  readonly version: string;
  readonly role: 'validator' | 'observer';
  readonly startedAtMs: number;
  readonly pid: number;
  memoryBytes(): number;
  usage(): UsageView;
  /** Ends early if the caller is gone. */
  watchEventLoop(forMs: number, signal: AbortSignal): Promise<EventLoopView>;
  options(): readonly OptionView[];
  logLevels(): readonly LogLevelView[];
  /** Of one module, or of all; false if there is no such module. */
  setLogLevel(level: LogLevel, module: string | undefined): boolean;
  /** Whether the node follows the chain and answers usefully; `reason` says why not. */
  readiness(): { readonly ready: boolean; readonly reason: string | undefined };
}
