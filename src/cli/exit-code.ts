import { CommanderError } from 'commander';
import { errorCode, NodeError } from '../util/errors.ts';

/** What a process that ran `metanode` ends with; scripts may rely on it. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notReachable: 3,
  refused: 4,
  timedOut: 5,
  notHealthy: 6,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Errors that the command line itself raises; each has its exit code. */
export type CliErrorCode = 'USAGE' | 'NOT_REACHABLE' | 'REFUSED' | 'TIMED_OUT' | 'NOT_HEALTHY';

const exitCodeOfError: Readonly<Record<string, ExitCode>> = {
  USAGE: EXIT.usage,
  NOT_REACHABLE: EXIT.notReachable,
  ECONNREFUSED: EXIT.notReachable,
  REFUSED: EXIT.refused,
  RPC_ERROR: EXIT.refused,
  TIMED_OUT: EXIT.timedOut,
  TIMEOUT: EXIT.timedOut,
  NOT_HEALTHY: EXIT.notHealthy,
};

export function usageError(message: string, hint?: string): NodeError<CliErrorCode> {
  return new NodeError<CliErrorCode>('USAGE', message, hint === undefined ? {} : { hint });
}

/** The exit code for what a command threw. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  return exitCodeOfError[errorCode(error) ?? ''] ?? EXIT.failed;
}
