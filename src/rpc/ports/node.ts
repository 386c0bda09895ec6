export interface EventLoopView {
  readonly watchedMs: number;
  /** 0 idle, 1 busy all the time. */
  readonly utilization: number;
  readonly lagMs: { readonly p50: number; readonly p99: number; readonly max: number } | undefined;
}

export interface NodePort {
  readonly name: string;
  readonly version: string;
  readonly role: 'validator' | 'observer';
  readonly startedAtMs: number;
  readonly pid: number;
  memoryBytes(): number;
  /** Ends early if the caller is gone. */
  watchEventLoop(forMs: number, signal: AbortSignal): Promise<EventLoopView>;
  /** Whether the node follows the chain and answers usefully; `reason` says why not. */
  readiness(): { readonly ready: boolean; readonly reason: string | undefined };
}
